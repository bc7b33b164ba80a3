package send

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("down")

// fake answers deliveries by answer, and remembers what it said yes to.
type fake struct {
	answer func(n int, payload []byte) error // nil is yes; n counts from 1

	mu       sync.Mutex
	attempts []string // guarded by mu
	times    []time.Time
	got      bytes.Buffer // guarded by mu
}

func (f *fake) Deliver(_ context.Context, p []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attempts = append(f.attempts, string(p))
	f.times = append(f.times, time.Now())
	if f.answer != nil {
		if err := f.answer(len(f.attempts), p); err != nil {
			return err
		}
	}
	f.got.Write(p)
	return nil
}

func (f *fake) Close() error { return nil }

func (f *fake) text() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.got.String()
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.attempts)
}

// numbered returns n lines beginning with line from.
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

// checkLaw is the end of every test that moves a line.
func checkLaw(t *testing.T, s *Sender, want string) {
	t.Helper()
	l := s.Ledger()
	if err := l.Check(); err != nil {
		t.Error(err)
	}
	if want != "" && l.String() != want {
		t.Errorf("ledger: %v\n  want: %s", l, want)
	}
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}
