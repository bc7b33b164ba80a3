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

// startRelay runs it and waits until each TCP address accepts and each UDP
// address has its socket.
func startRelay(t *testing.T, bin string, addrs []string, args ...string) *relay {
	t.Helper()
	r := &relay{cmd: exec.Command(bin, args...), ended: make(chan struct{})}
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.out
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		r.cmd.Wait() // stop looks at how it ended
		close(r.ended)
	}()
	t.Cleanup(func() {
		r.cmd.Process.Kill() // fails only if it has ended
		<-r.ended
		if t.Failed() {
			t.Logf("the relay printed:\n%s", &r.out)
		}
	})
	for _, addr := range addrs {
		servers.Eventually(t, "the relay listens", func() error { return listens(addr) })
	}
	return r
}

// listens tells whether someone has the port: then nobody else can bind it.
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
		return fmt.Errorf("nobody listens on %s", addr)
	}
	return nil
}

// stop asks the relay to end, as a service manager does, wants exit code 0
// and returns what it printed.
func (r *relay) stop(t *testing.T) string {
	t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("the relay has ended by itself: %v", err)
	}
	select {
	case <-r.ended:
	case <-time.After(30 * time.Second):
		t.Fatal("the relay does not end after SIGTERM")
	}
	if code := r.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the relay's exit code is %d", code)
	}
	return r.out.String()
}

// output is what a process prints, readable while it runs.
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

// wantLaw checks the law in the last words of the relay: what was received is
// accepted or rejected, what was accepted is delivered, dropped or pending, and
// here, where every server takes all, it is delivered.
func wantLaw(t *testing.T, printed string) {
	t.Helper()
	laws := 0
	for line := range strings.Lines(printed) {
		n := numbers(line)
		if received, ok := n["received"]; ok {
			laws++
			if received == 0 || received != n["accepted"]+n["rejected"] {
				t.Errorf("received is not accepted + rejected, or nothing was: %s", line)
			}
		}
		if delivered, ok := n["delivered"]; ok {
			laws++
			if n["accepted"] != delivered+n["dropped"]+n["pending"] {
				t.Errorf("accepted is not delivered + dropped + pending: %s", line)
			}
			if n["dropped"]+n["pending"]+n["unaccounted"] != 0 {
				t.Errorf("something was not delivered: %s", line)
			}
		}
	}
	if laws == 0 {
		t.Errorf("the relay printed no ledger:\n%s", printed)
	}
}

// numbers are the NAME=NUMBER words of a line. A reason behind a number, as in
// dropped=3(age), is passed over.
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
