package send

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if addr := os.Getenv(envPeer); addr != "" {
		fmt.Fprintln(os.Stderr, servePeer(addr))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

var errDown = errors.New("down")

// fakeMessenger records its payloads. answer, if it is not nil, returns the
// result of the n-th delivery, which is 1 for the first.
type fakeMessenger struct {
	answer func(n int, payload []byte) error

	mu        sync.Mutex
	attempts  []string     // guarded by mu; the payloads
	times     []time.Time  // guarded by mu; of attempts
	delivered bytes.Buffer // guarded by mu; the payloads for which answer returned nil
}

func (f *fakeMessenger) Deliver(_ context.Context, p []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attempts = append(f.attempts, string(p))
	f.times = append(f.times, time.Now())
	if f.answer != nil {
		if err := f.answer(len(f.attempts), p); err != nil {
			return err
		}
	}
	f.delivered.Write(p)
	return nil
}

func (f *fakeMessenger) Close() error { return nil }

// text returns what was delivered.
func (f *fakeMessenger) text() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.delivered.String()
}

// count returns the number of attempts.
func (f *fakeMessenger) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.attempts)
}

// failFirst returns an answer that fails the first n attempts with err.
func failFirst(n int, err error) func(int, []byte) error {
	return func(i int, _ []byte) error {
		if i <= n {
			return err
		}
		return nil
	}
}

// always returns an answer that fails every attempt with err.
func always(err error) func(int, []byte) error {
	return func(int, []byte) error { return err }
}

// numbered returns n lines, of which the first has the number from.
func numbered(from, n int) []byte {
	var b []byte
	for i := range n {
		b = fmt.Appendf(b, "line.%d 1 1700000000\n", from+i)
	}
	return b
}

func mustSend(t *testing.T, s *Sender, payload string, lines int) {
	t.Helper()
	if err := s.Send(t.Context(), []byte(payload), lines); err != nil {
		t.Fatal(err)
	}
}

// sendNumbered sends payloads of so many lines each, and returns the lines
// without line feeds.
func sendNumbered(t *testing.T, s *Sender, payloads, lines int) []string {
	t.Helper()
	var all []string
	for i := range payloads {
		p := string(numbered(i*lines, lines))
		all = append(all, strings.Split(strings.TrimSuffix(p, "\n"), "\n")...)
		mustSend(t, s, p, lines)
	}
	return all
}

// checkLedger fails the test if the ledger does not balance, or is not want.
// Every test that sends a line calls it at its end. An empty want matches any.
func checkLedger(t *testing.T, s *Sender, want string) {
	t.Helper()
	l := s.Ledger()
	if err := l.Check(); err != nil {
		t.Error(err)
	}
	if want != "" && l.String() != want {
		t.Errorf("ledger: %v\n  want: %s", l, want)
	}
}

// checkLedgerWithRecalls is checkLedger where any number of lines may have been
// recalled: how many depends on what was acknowledged before a connection broke.
func checkLedgerWithRecalls(t *testing.T, s *Sender, want string) {
	t.Helper()
	l := s.Ledger()
	if l.Recalled = 0; l.Check() != nil || l.String() != want {
		t.Errorf("ledger: %v\n  want: %s", l, want)
	}
}

// within returns a context that ends after d.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// waitFailing returns after the first failure of a delivery.
func waitFailing(s *Sender) {
	for s.retry.snapshot().failure() == nil {
		time.Sleep(time.Millisecond)
	}
}

// logTo returns a logger that writes to w.
func logTo(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// logText is a log that may be read while it is written.
type logText struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
