package relay

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
)

const numbered = 5000

// sendNumbered writes lines that all differ, in pieces of a few lines.
func sendNumbered(t *testing.T, conn net.Conn) {
	t.Helper()
	var piece strings.Builder
	for n := range numbered {
		fmt.Fprintf(&piece, "fault.line %d 1700000000\n", n)
		if n%20 == 19 {
			write(t, conn, piece.String())
			piece.Reset()
		}
	}
}

// wantNumbered fails if a line was torn, or is missing although it must not
// be. Twice is allowed: who sends again what may have arrived cannot do better.
func wantNumbered(t *testing.T, s *faultsink.Sink, all bool) {
	t.Helper()
	got := make(map[string]bool)
	for _, line := range s.Lines() {
		got[line] = true
	}
	sent := 0
	for n := range numbered {
		line := fmt.Sprintf("fault.line %d 1700000000", n)
		if got[line] {
			sent++
		} else if all {
			t.Fatalf("%q is missing", line)
		}
	}
	if sent != len(got) {
		t.Errorf("%d lines came that nobody sent", len(got)-sent)
	}
}

// Delivered is what the peer's system acknowledged. A peer that closes throws
// away what it has not read of that, and only then a line may be missing.
func TestADestinationThatFailsGetsEverythingInTheEnd(t *testing.T) {
	for _, tt := range []struct {
		name   string
		all    bool
		script []faultsink.Step
	}{
		{"slow", true, []faultsink.Step{faultsink.Slow(16<<10, time.Millisecond)}},
		{"half closes", true, []faultsink.Step{faultsink.HalfClose(), faultsink.ReadAll()}},
		{"resets", false, []faultsink.Step{faultsink.Reset(), faultsink.ReadThenReset(1000), faultsink.ReadThenReset(50_000), faultsink.ReadAll()}},
		{"closes", false, []faultsink.Step{faultsink.ReadThenClose(1), faultsink.ReadThenClose(30_001), faultsink.ReadAll()}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := faultsink.NewTCP(t, tt.script...)
			r := start(t, Config{
				Listen: []string{"graphite+tcp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + s.Addr()}, Drain: 20 * time.Second,
			})
			sendNumbered(t, dial(t, r.Addrs()[0]))
			waitFor(t, "taking in", func() bool { return r.Ledger().Received().Accepted == numbered })
			l := r.stop(t)
			if d := l.Destinations[0]; d.Delivered != numbered || d.Dropped.Sum() != 0 {
				t.Errorf("ledger is %v", d.Ledger)
			}
			wantNumbered(t, s, tt.all)
		})
	}
}

func TestADestinationThatNeverReadsIsGivenUpAtTheEnd(t *testing.T) {
	s := faultsink.NewTCP(t, faultsink.NeverRead())
	r := start(t, Config{
		Listen: []string{"graphite+tcp://127.0.0.1:0"}, Forward: []string{"graphite+unix://" + silent(t), "graphite+tcp://" + s.Addr()},
		Drain: 50 * time.Millisecond,
	})
	conn := dial(t, r.Addrs()[0])
	line := "a.b 1 1700000000" + strings.Repeat("0", 1000) + "\n" // refused: the time is none
	write(t, conn, line+"c.d 1 1700000000\n")
	waitFor(t, "taking in", func() bool { return r.Ledger().Received().Accepted == 1 })
	l := r.stop(t)
	for _, d := range l.Destinations {
		if d.Pending != 0 {
			t.Errorf("%s: %v", d.Name, d.Ledger)
		}
	}
	if d := l.Destinations[0]; d.Dropped.Sum() != 1 {
		t.Errorf("who is not there got %v", d.Ledger)
	}
}

// silent is a path where no socket is.
func silent(t *testing.T) string { return filepath.ToSlash(filepath.Join(t.TempDir(), "none.sock")) }

// The largest datagram that IPv4 has room for.
func TestTheLargestDatagramComesThrough(t *testing.T) {
	const largest = 65507
	s := faultsink.NewTCP(t)
	r := start(t, Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + s.Addr()}})
	var datagram strings.Builder
	n := 0
	for ; datagram.Len() < largest-40; n++ {
		fmt.Fprintf(&datagram, "largest.line %d 1700000000\n", n)
	}
	fmt.Fprintf(&datagram, "%s 1 1700000000", strings.Repeat("x", largest-datagram.Len()-len(" 1 1700000000")))
	if _, err := dial(t, r.Addrs()[0]).Write([]byte(datagram.String())); err != nil {
		t.Skipf("the system does not send so large a datagram: %v", err)
	}
	s.WaitLines(n + 1)
	if in := r.stop(t).Received(); in.Accepted != int64(n+1) {
		t.Errorf("intake is %+v, want %d lines", in, n+1)
	}
}

func TestSocketsInTheFileSystem(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows has no unixgram sockets")
	}
	for _, transport := range []string{"unix", "unixgram"} {
		t.Run(transport, func(t *testing.T) {
			s := faultsink.NewTCP(t)
			path := filepath.Join(t.TempDir(), "in.sock")
			r := start(t, Config{Listen: []string{"graphite+" + transport + "://" + path + "?mode=0622"}, Forward: []string{"graphite+tcp://" + s.Addr()}})
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o622 {
				t.Errorf("the socket is %v, %v", info, err)
			}
			sendNumbered(t, dial(t, &net.UnixAddr{Name: path, Net: transport}))
			waitFor(t, "taking in", func() bool { return r.Ledger().Received().Accepted == numbered })
			r.stop(t)
			wantNumbered(t, s, true)
		})
	}
}
