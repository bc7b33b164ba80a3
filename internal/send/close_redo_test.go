package send

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/faultsink"
)

// What a peer's system acknowledged is not what its process has read: a reset while
// Close waits for the end of the stream means that the lines may be lost (RFC 9293,
// 3.10.4 and 3.6: a CLOSE with unread data is signalled by a reset).
func TestCloseSendsAgainWhatAPeerThatResetsHasNotRead(t *testing.T) {
	id := newIdentity(t)
	roots := x509.NewCertPool()
	roots.AddCert(id.Leaf)
	for _, tt := range []struct {
		name    string
		flush   bool
		visits  int // connections
		spooled bool
		script  []faultsink.Step
	}{
		{"while Close waits for an acknowledgement", false, 2, false, []faultsink.Step{faultsink.ReadThenReset(10)}},
		{"while Close waits for the end of the stream", false, 2, false, []faultsink.Step{faultsink.ResetAtEnd()}},
		{"after a Flush", true, 2, false, []faultsink.Step{faultsink.ResetAtEnd()}},
		{"twice", true, 3, false, []faultsink.Step{faultsink.ResetAtEnd(), faultsink.ResetAtEnd()}},
		{"with a spool", true, 2, true, []faultsink.Step{faultsink.ResetAtEnd()}},
	} {
		for _, scheme := range []string{"tcp", "tls"} {
			t.Run(tt.name+", "+scheme, func(t *testing.T) {
				script := append(tt.script, faultsink.ReadAll())
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				if scheme == "tls" {
					l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{id}})
				}
				sink := faultsink.Serve(t, l, script...)
				o := fast
				if tt.spooled {
					o = spooled(t, t.TempDir())
					o.Counted, o.InitialBackoff = false, fast.InitialBackoff
				}
				s := New(open(t, scheme+"://"+sink.Addr(), DialOptions{TLS: &tls.Config{RootCAs: roots}}), o)
				want := sendNumbered(t, s, 10, 10)
				if tt.flush {
					if err := s.Flush(within(t, 10*time.Second)); err != nil {
						t.Fatal(err)
					}
				}
				if err := s.Close(within(t, 20*time.Second)); err != nil {
					t.Errorf("Close: %v", err)
				}
				got := sink.WaitLast(want[len(want)-1])
				if len(got) < len(want) || !slices.Equal(got[len(got)-len(want):], want) {
					t.Errorf("the last connection has not got all lines: %q", got)
				}
				if n := sink.Visits(); n != tt.visits {
					t.Errorf("%d connections, want %d", n, tt.visits)
				}
				checkLedgerWithRecalls(t, s, "accepted=100 delivered=100 dropped=0 pending=0")
			})
		}
	}
}

// unfinishedStream is a fakeStream whose peer acknowledges everything, and resets the
// first connections when they are closed in order.
type unfinishedStream struct {
	*fakeStream
	resets int // guarded by mu; so many are left
}

func (u *unfinishedStream) Unacked() (int, error) { return 0, nil }
func (u *unfinishedStream) Finish() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.resets == 0 {
		return nil
	}
	u.resets--
	return errDown
}

func (u *unfinishedStream) Reset() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.isOpen = false
	return 0
}

func TestCloseEndsOnTimeWhateverThePeerResets(t *testing.T) {
	const always = 1 << 30
	for _, tt := range []struct {
		name       string
		o          Options
		resets     int
		close      time.Duration // that the context leaves; 0 is no end
		atMost     time.Duration // that Close takes
		deliveries int           // connections; 0 is several
		want       string
	}{
		{"no connection", Options{}, 0, 5 * time.Second, 0, 1, "accepted=2 delivered=2 dropped=0 pending=0"},
		{"the first connection", Options{}, 1, 5 * time.Second, time.Second, 2, "accepted=2 delivered=2 dropped=0 pending=0"},
		{"each connection", Options{}, always, 5 * time.Second, 5 * time.Second, 0, "accepted=2 delivered=0 dropped=2(closed=2) pending=0"},
		{"each connection, and the context has no end", Options{}, always, 0, redoAge + 10*time.Second, 0, "accepted=2 delivered=2 dropped=0 pending=0"},
		{"statsd", Options{AtMostOnce: true}, always, 5 * time.Second, 0, 1, "accepted=2 delivered=2 dropped=0 pending=0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := &unfinishedStream{fakeStream: &fakeStream{capacity: unlimited}, resets: tt.resets}
				s := New(u, tt.o)
				mustSend(t, s, "a 1\nb 1\n", 2)
				ctx := t.Context()
				if tt.close > 0 {
					ctx = within(t, tt.close)
				}
				start := time.Now()
				err := s.Close(ctx)
				if d := time.Since(start); d > tt.atMost {
					t.Errorf("Close took %v, want at most %v", d, tt.atMost)
				}
				if lost := s.Ledger().Dropped.Sum(); (err != nil) != (lost > 0) {
					t.Errorf("Close: %v, with %d lines dropped", err, lost)
				}
				if n := len(u.conns); n != tt.deliveries && (tt.deliveries > 0 || n < 3) {
					t.Errorf("%d connections, want %d", n, tt.deliveries)
				}
				for _, c := range u.conns {
					if c != "a 1\nb 1\n" {
						t.Errorf("a connection took %q", c)
					}
				}
				checkLedgerWithRecalls(t, s, tt.want)
			})
		})
	}
}

// Lines that a peer resets until the end of Close stay in the spool, and are sent by
// the next process.
func TestLinesThatAPeerResetsUntilTheEndOfCloseStayInTheSpool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		u := &unfinishedStream{fakeStream: &fakeStream{capacity: unlimited}, resets: 1 << 30}
		s := New(u, spooled(t, dir))
		accepted(t, s, 0, 10, 20)
		start := time.Now()
		if err := s.Close(within(t, time.Second)); err != nil || time.Since(start) > time.Second+joinTime {
			t.Errorf("Close: %v after %v", err, time.Since(start))
		}
		checkLedgerWithRecalls(t, s, "accepted=10 delivered=0 dropped=0 pending=10")

		f := &fakeStream{capacity: unlimited}
		s = New(f, spooled(t, dir))
		if err := s.Close(within(t, time.Minute)); err != nil {
			t.Errorf("Close of the next process: %v", err)
		}
		if n := len(f.lines()); n != 10 {
			t.Errorf("%d lines arrived, want 10", n)
		}
		checkLedgerWithRecalls(t, s, "accepted=10 delivered=10 dropped=0 pending=0")
	})
}

// A long outage has made the backoff long. Within the time that Close has, lines are
// tried several times nevertheless.
func TestBackoffFitsIntoTheTimeOfClose(t *testing.T) {
	for _, close := range []time.Duration{100 * time.Millisecond, time.Second, 5 * time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now().Add(time.Hour)
			f := &fakeMessenger{answer: func(int, []byte) error {
				if time.Since(start) < close/2 {
					return errDown
				}
				return nil
			}}
			s := New(f, Options{InitialBackoff: time.Minute, MaxBackoff: time.Hour, MaxAge: 24 * time.Hour})
			mustSend(t, s, "a 1\n", 1)
			time.Sleep(time.Until(start))
			before := f.count()
			if err := s.Close(within(t, close)); err != nil {
				t.Errorf("Close within %v: %v", close, err)
			}
			if n := f.count() - before; n < 3 || n > 30 {
				t.Errorf("%d attempts in %v", n, close)
			}
			checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
		})
	}
}
