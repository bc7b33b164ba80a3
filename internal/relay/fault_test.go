package relay

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

const numbered = 5000

// sendNumbered writes lines that all differ, twenty at a time.
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

// numberedLines returns how many different numbered lines the sink has received,
// and how many other lines.
func numberedLines(s *faultsink.Sink) (sent, foreign int) {
	got := make(map[string]bool)
	for _, line := range s.Lines() {
		got[line] = true
	}
	for n := range numbered {
		if got[fmt.Sprintf("fault.line %d 1700000000", n)] {
			sent++
		}
	}
	return sent, len(got) - sent
}

// wantNumbered fails if the sink receives a line that was never sent, such as a
// part of one, or, if all is set, does not receive every line. It waits for them,
// because the sink may read acknowledged bytes later. It accepts lines that
// arrive twice: a sender that repeats a line which may have arrived cannot avoid
// that.
func wantNumbered(t *testing.T, s *faultsink.Sink, all bool) {
	t.Helper()
	if all {
		waitFor(t, "receipt of every line", func() bool {
			sent, _ := numberedLines(s)
			return sent == numbered
		})
	}
	if _, foreign := numberedLines(s); foreign > 0 {
		t.Errorf("%d lines arrived that were never sent", foreign)
	}
}

// A line counts as delivered when the peer's system has acknowledged it. A peer
// that closes discards acknowledged bytes that it has not read; only then may a
// line be missing.
func TestFailingDestinationReceivesEveryLineInTheEnd(t *testing.T) {
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
			waitFor(t, "acceptance", func() bool { return r.Ledger().Received().Accepted == numbered })
			l := r.stop(t)
			if d := l.Destinations[0]; d.Delivered != numbered || d.Dropped.Sum() != 0 {
				t.Errorf("ledger is %v", d.Ledger)
			}
			wantNumbered(t, s, tt.all)
		})
	}
}

func TestDrainEndsForDestinationThatNeverReads(t *testing.T) {
	s := faultsink.NewTCP(t, faultsink.NeverRead())
	r := start(t, Config{
		Listen: []string{"graphite+tcp://127.0.0.1:0"}, Forward: []string{"graphite+unix://" + noSocket(t), "graphite+tcp://" + s.Addr()},
		Drain: 50 * time.Millisecond,
	})
	conn := dial(t, r.Addrs()[0])
	line := "a.b 1 1700000000" + strings.Repeat("0", 1000) + "\n" // rejected for its time
	write(t, conn, line+"c.d 1 1700000000\n")
	waitFor(t, "acceptance", func() bool { return r.Ledger().Received().Accepted == 1 })
	l := r.stop(t)
	for _, d := range l.Destinations {
		if d.Pending != 0 {
			t.Errorf("%s: %v", d.Name, d.Ledger)
		}
	}
	if d := l.Destinations[0]; d.Dropped.Sum() != 1 {
		t.Errorf("the ledger of the destination without a socket is %v", d.Ledger)
	}
}

// noSocket returns a path without a socket.
func noSocket(t *testing.T) string { return filepath.ToSlash(filepath.Join(t.TempDir(), "none.sock")) }

func TestLargestDatagramIsForwarded(t *testing.T) {
	const largest = 65507 // an IPv4 packet of 65535 bytes without its headers
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
		t.Errorf("listener ledger is %v, want %d lines", in, n+1)
	}
}

func TestUnixSocketsReceiveLines(t *testing.T) {
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
			waitFor(t, "acceptance", func() bool { return r.Ledger().Received().Accepted == numbered })
			r.stop(t)
			wantNumbered(t, s, true)
		})
	}
}

// A slowConn is read at about 400 KB/s until fast is closed.
type slowConn struct {
	net.Conn
	fast chan struct{}
}

func (s slowConn) Read(p []byte) (int, error) {
	select {
	case <-s.fast:
	case <-time.After(10 * time.Millisecond):
		p = p[:min(len(p), 4<<10)]
	}
	return s.Conn.Read(p)
}

// A destination that reads less than arrives costs lines in time. The first is
// logged, later ones are not for a minute; they are counted by their reason, and the
// page and the series have the destination as failing. The process is alive.
func TestDestinationThatIsTooSlowIsReported(t *testing.T) {
	fast := make(chan struct{})
	sink := faultsink.NewTCP(t, func(c *faultsink.Conn) {
		c.Conn = slowConn{c.Conn, fast}
		faultsink.ReadAll()(c)
	})
	var log bytes.Buffer // which slog's handlers lock
	r := start(t, Config{
		Listen: []string{"graphite+tcp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + sink.Addr()}, Queue: 256 << 10,
		HTTP: anyPort, Logger: logTo(&log), Drain: 20 * time.Second,
	})
	conn, sent := dial(t, r.Addrs()[0]), 0
	dropped := func() int64 { return r.Ledger().Destinations[0].Dropped[ledger.QueueFull] }
	for first := int64(0); first == 0 || dropped() < first+5000; { // lines, after the first ones
		var piece strings.Builder
		for range 100 {
			fmt.Fprintf(&piece, "too.slow.for.what.arrives %d 1700000000\n", sent)
			sent++
		}
		write(t, conn, piece.String())
		if first == 0 {
			first = dropped()
		}
		if sent > 5_000_000 {
			t.Fatalf("of %d lines none is dropped: %v", sent, r.Ledger())
		}
	}
	if page, want := r.get(t, "/").body, `<p class="down">failing: lines were dropped within the last minute, the last ones as queue_full`; !strings.Contains(page, want) {
		t.Errorf("the page lacks %q:\n%s", want, page)
	}
	if got := r.get(t, "/healthz"); got.code != 200 {
		t.Errorf("/healthz responds %d %q", got.code, got.body)
	}
	up := -1.0
	r.Stats(func(_ monkit.SeriesKey, field string, val float64) {
		if field == "up" {
			up = val
		}
	})
	if up != 0 {
		t.Errorf("the series up is %v, want 0", up)
	}
	close(fast)
	waitFor(t, "acceptance", func() bool { return r.Ledger().Received().Accepted == int64(sent) })
	l := r.stop(t).Destinations[0]
	if l.Accepted != int64(sent) || l.Dropped.Sum() != l.Dropped[ledger.QueueFull] || l.Pending != 0 {
		t.Errorf("ledger of %d lines: %v", sent, l.Ledger)
	}
	got := map[string]bool{}
	for _, line := range sink.WaitLines(int(l.Delivered)) {
		got[line] = true
	}
	if int64(len(got)) != l.Delivered {
		t.Errorf("%d different lines arrived: %v", len(got), l.Ledger)
	}
	if n := strings.Count(log.String(), `msg="lines were dropped; the next record of that comes in a minute"`); n != 1 || !strings.Contains(log.String(), `reasons="queue_full=`) {
		t.Errorf("%d records of dropped lines, want one with the reason:\n%s", n, log.String())
	}
}
