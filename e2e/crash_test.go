//go:build unix

package e2e

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"monkit.example/e2e/servers"
)

// kills is how often the relay is killed.
const kills = 20

// A relay with a spool is killed at random moments, while lines arrive over UDP and
// TCP and its two destinations come and go. For each destination, every line that
// was ever accepted is in the server or counted as dropped, and no line is counted
// as delivered that is not there. Each start prints what the last run lost.
//
// Lines between a socket and the decoder are not accepted yet: the ledger of a
// listener has these. In all runs together it has received no line that it has not
// accepted or rejected, and rejected none but those that a killed run held.
func TestKilledRelayAccountsForEveryAcceptedLine(t *testing.T) {
	t.Parallel()
	const before, after = "crash v=", " 1700000000000000000"
	stream, web := flappingStream(t, before, after), flappingHTTP(t, before, after)
	udp, tcp := servers.FreeAddr(t), servers.FreeAddr(t)
	bin, args := buildRelay(t), []string{
		"-listen", "influx+udp://" + udp, "-listen", "influx+tcp://" + tcp,
		"-forward", "influx+tcp://" + stream.addr, "-forward", "influx+http://" + web.addr + "/write?db=x", "-spool", t.TempDir(), "-drain", "25s",
	}
	line := func(n int) string { return before + strconv.Itoa(n) + after + "\n" }
	loads := []*load{
		startLoad(t, "udp", udp, 20, func(i int) string { return line(2 * i) }),
		startLoad(t, "tcp", tcp, 50, func(i int) string { return line(2*i + 1) }),
	}
	printed := map[string]*recovery{}
	for life := range kills {
		r := startRelay(t, bin, []string{udp, tcp}, args...)
		complete := life > 0 && life%4 > 0
		if complete { // the others may be killed before they have read their spools
			r.waitRecoveries(t, 2)
		}
		time.Sleep(rand.N(700 * time.Millisecond))
		r.cmd.Process.Kill()
		<-r.ended
		r.addRecoveries(t, printed)
	}
	r := startRelay(t, bin, []string{udp, tcp}, args...)
	r.waitRecoveries(t, 2)
	r.addRecoveries(t, printed)
	sent := [2]int{loads[0].stop(), loads[1].stop()}
	stream.stay()
	web.stay()
	text := r.stop(t)
	for _, f := range []*flapping{stream, web} {
		f.wantOf(t, sent)
		f.wantCovered(t, text, printed[f.addr])
	}
	wantReceived(t, text, udp, sent[0], arrived(0, stream, web))
	wantReceived(t, text, tcp, sent[1], arrived(1, stream, web))
}

// A recovery adds up what the starts of a relay have printed about one destination.
type recovery struct {
	starts, lost, again int
	crash               int // lines dropped for that reason before the newest start
	unprinted           int // those that no start has printed
}

var recovered = regexp.MustCompile(`an earlier run was opened" destination="?[^/]+//([\d.:]+)\S* lines=(\d+) sent_again=(\d+) lost=(\d+) corrupt=(\d+) end=(\w+) ledger="(.*)"`)

// waitRecoveries waits until so many destinations have opened their spools.
func (r *relay) waitRecoveries(t *testing.T, n int) {
	t.Helper()
	servers.Eventually(t, "the lines of the last run", func() error {
		if all := recovered.FindAllString(r.out.String(), -1); len(all) < n {
			return fmt.Errorf("printed %q", all)
		}
		return nil
	})
}

// addRecoveries adds what the relay has printed.
func (r *relay) addRecoveries(t *testing.T, all map[string]*recovery) {
	t.Helper()
	for _, m := range recovered.FindAllStringSubmatch(r.out.String(), -1) {
		d := all[m[1]]
		if d == nil {
			d = &recovery{}
			all[m[1]] = d
		}
		if m[5] != "0" || m[6] != "killed" {
			t.Errorf("a relay that was killed is followed by %s", m[0])
		}
		crash := crashCount(m[7])
		d.unprinted += crash - d.crash // by a run that was killed before it printed them
		d.starts++
		d.again += atoi(t, m[3])
		d.lost += atoi(t, m[4])
		d.crash = crash + atoi(t, m[4])
	}
}

var crashReason = regexp.MustCompile(`crash=(\d+)`)

// crashCount returns the lines that a printed ledger has dropped for a crash.
func crashCount(printed string) int {
	m := crashReason.FindStringSubmatch(printed)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1]) // the expression matches numbers only
	return n
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// wantOf checks that the server has lines that were sent, of both loads, and no
// others. sent has how many each load has sent.
func (f *flapping) wantOf(t *testing.T, sent [2]int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.others) > 0 {
		t.Errorf("%d lines arrived that were never sent, such as %q", len(f.others), f.others[0])
	}
	var of [2]int
	for n := range f.numbers {
		of[n%2]++
		if n/2 >= sent[n%2] {
			t.Errorf("line %d arrived and was not sent", n)
		}
	}
	if of[0] == 0 || of[1] == 0 {
		t.Errorf("%d lines arrived of the first load and %d of the second", of[0], of[1])
	}
}

// arrived returns how many lines of a load are in one of the servers or more.
func arrived(load int, servers ...*flapping) int {
	all := map[int]bool{}
	for _, f := range servers {
		f.mu.Lock()
		for n := range f.numbers {
			if n%2 == load {
				all[n] = true
			}
		}
		f.mu.Unlock()
	}
	return len(all)
}

// wantReceived checks the ledger of the listener at addr, which the last relay has
// printed and which has the lines of all relays: sent were sent to it, and arrived
// of these are in a server.
func wantReceived(t *testing.T, printed, addr string, sent, arrived int) {
	t.Helper()
	for line := range strings.Lines(printed) {
		if !strings.HasPrefix(line, "  from ") || !strings.Contains(line, addr) {
			continue
		}
		n, crash := numbers(line), crashCount(line)
		t.Logf("%d lines were sent, %d arrived: %s", sent, arrived, strings.TrimSpace(line))
		if n["received"] != n["accepted"]+n["rejected"]+n["pending"] || n["pending"] != 0 || n["rejected"] != crash {
			t.Errorf("received lines are pending, unaccounted for, or rejected for another reason than a crash: %s", line)
		}
		if n["received"] > sent || n["accepted"] < arrived {
			t.Errorf("%d lines were sent and %d arrived, which the counts of all runs contradict: %s", sent, arrived, line)
		}
		return
	}
	t.Errorf("no ledger of the listener at %s", addr)
}

// wantCovered checks the ledger of the destination, which the last relay has
// printed, against what the server got and what the starts have printed.
func (f *flapping) wantCovered(t *testing.T, printed string, starts *recovery) {
	t.Helper()
	f.mu.Lock()
	arrived := len(f.numbers)
	f.mu.Unlock()
	for line := range strings.Lines(printed) {
		if !strings.HasPrefix(line, "  to ") || !strings.Contains(line, f.addr) {
			continue
		}
		n, crash := numbers(line), crashCount(line)
		t.Logf("%d lines arrived; %d starts found lines, %d of them sent before: %s", arrived, starts.starts, starts.again, strings.TrimSpace(line))
		if n["pending"] != 0 || n["accepted"] != n["delivered"]+n["dropped"] || n["dropped"] != crash {
			t.Errorf("lines are pending, or dropped for another reason than a crash: %s", line)
		}
		if n["delivered"] > arrived {
			t.Errorf("%d lines are counted as delivered, and %d have arrived: %s", n["delivered"], arrived, line)
		}
		if arrived > n["accepted"] {
			t.Errorf("%d lines have arrived, and fewer were accepted: %s", arrived, line)
		}
		if starts.lost+starts.unprinted != crash || starts.starts < kills*3/4 {
			t.Errorf("%d starts printed %d lost lines and missed %d: %s", starts.starts, starts.lost, starts.unprinted, line)
		}
		return
	}
	t.Errorf("no ledger of %s", f.addr)
}
