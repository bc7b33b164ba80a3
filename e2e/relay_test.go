package e2e

import (
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"monkit.example/e2e/servers"
)

// A relay is a running monkit-relay.
type relay struct {
	cmd   *exec.Cmd
	out   output
	ended chan struct{}
}

// startRelay starts the relay and waits until it listens on all addresses.
func startRelay(t *testing.T, bin string, addrs []string, args ...string) *relay {
	t.Helper()
	r := &relay{cmd: exec.Command(bin, args...), ended: make(chan struct{})}
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.out
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		r.cmd.Wait() // stop checks the exit code
		close(r.ended)
	}()
	t.Cleanup(func() {
		r.cmd.Process.Kill() // fails only if the relay has ended
		<-r.ended
		if t.Failed() {
			t.Logf("the relay printed:\n%s", &r.out)
		}
	})
	for _, addr := range addrs {
		servers.Eventually(t, "the relay's listener", func() error { return listens(addr) })
	}
	return r
}

// listens returns an error if no process listens on addr. It tries to bind the
// port itself, because a UDP socket does not answer.
func listens(addr string) error {
	tcp, tcpErr := net.Listen("tcp", addr)
	if tcpErr == nil {
		tcp.Close()
	}
	udp, udpErr := net.ListenPacket("udp", addr)
	if udpErr == nil {
		udp.Close()
	}
	if tcpErr == nil && udpErr == nil {
		return fmt.Errorf("no process listens on %s", addr)
	}
	return nil
}

// waitLog waits until the relay has printed text.
func (r *relay) waitLog(t *testing.T, text string) {
	t.Helper()
	servers.Eventually(t, "the log of the relay", func() error {
		if !strings.Contains(r.out.String(), text) {
			return fmt.Errorf("%q is missing", text)
		}
		return nil
	})
}

// stop ends the relay as a service manager does, checks its exit code and
// returns its output.
func (r *relay) stop(t *testing.T) string {
	t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("the relay ended before SIGTERM: %v", err)
	}
	select {
	case <-r.ended:
	case <-time.After(30 * time.Second):
		t.Fatal("the relay still runs 30 s after SIGTERM")
	}
	if code := r.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the exit code of the relay is %d, want 0", code)
	}
	return r.out.String()
}

// output collects what a process prints and can be read while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// wantBalance checks the ledger that the relay prints at its end: received =
// accepted + rejected, accepted = delivered + dropped + pending, and, because
// every server takes all lines here, dropped and pending are 0.
func wantBalance(t *testing.T, printed string) {
	t.Helper()
	listeners, destinations := 0, 0
	for line := range strings.Lines(printed) {
		n := numbers(line)
		if received, ok := n["received"]; ok {
			listeners++
			if received == 0 || received != n["accepted"]+n["rejected"] {
				t.Errorf("received is 0 or not accepted + rejected: %s", line)
			}
		}
		if delivered, ok := n["delivered"]; ok {
			destinations++
			if n["accepted"] != delivered+n["dropped"]+n["pending"] {
				t.Errorf("accepted is not delivered + dropped + pending: %s", line)
			}
			if n["dropped"]+n["pending"] != 0 {
				t.Errorf("some lines were not delivered: %s", line)
			}
		}
	}
	if listeners == 0 || destinations == 0 {
		t.Errorf("the ledger has %d listeners and %d destinations:\n%s", listeners, destinations, printed)
	}
}

// numbers returns the NAME=NUMBER words of a line, without reasons as in
// dropped=3(expired=3).
func numbers(line string) map[string]int {
	all := map[string]int{}
	for _, word := range strings.Fields(line) {
		name, text, ok := strings.Cut(word, "=")
		text, _, _ = strings.Cut(text, "(")
		if n, err := strconv.Atoi(strings.Trim(text, ",;")); ok && err == nil {
			all[name] = n
		}
	}
	return all
}
