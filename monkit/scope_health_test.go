package monkit

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// logTo makes h the log for one test.
func logTo(t *testing.T, h slog.Handler) {
	t.Helper()
	// The log that a program begins with cannot be had back.
	t.Cleanup(func() { slog.SetDefault(slog.New(slog.DiscardHandler)) })
	slog.SetDefault(slog.New(h))
}

// TestTroubleIsLoggedOnce has much of what may go wrong in a scope.
func TestTroubleIsLoggedOnce(t *testing.T) {
	var out bytes.Buffer
	logTo(t, slog.NewTextHandler(&out, nil))
	s := NewRegistry().ScopeNamed("s")
	s.index.setLimit(20)
	for i := range 10 {
		name := fmt.Sprint("m", i)
		s.Counter(name)
		s.IntVal(name).Observe(1)
		s.IntVal(name).Observe(1)
	}
	for i := range 100 {
		s.Meter(fmt.Sprint("n", i)).Mark(1)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], `series="m0,scope=s"`) || !strings.Contains(lines[1], "scope=s") {
		t.Errorf("the log says:\n%s", out.String())
	}
	if n := s.health.conflicts.Load(); n != 10 {
		t.Errorf("%d conflicts, want 10", n)
	}
}

// nasty is a log that panics, having used the scope that it is told about.
type nasty struct {
	slog.Handler
	s *Scope
}

func (nasty) Enabled(context.Context, slog.Level) bool { return true }

func (n nasty) Handle(context.Context, slog.Record) error {
	n.s.Counter("told").Inc(1)
	panic("the log is broken")
}

func TestALogThatPanicsIsBorne(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	logTo(t, nasty{slog.DiscardHandler, s})
	s.Counter("m").Inc(1)
	s.Meter("m").Mark(1)
	got := Collect(s)
	if got["told,scope=s value"] != 1 {
		t.Errorf("the log did not run: %v", got)
	}
	if got["monkit_scope,scope=s callback_panics"] != 1 {
		t.Errorf("its panic is not counted: %v", got)
	}
}

// discard is a log that takes all and says nothing.
type discard struct{ slog.Handler }

func (discard) Enabled(context.Context, slog.Level) bool  { return true }
func (discard) Handle(context.Context, slog.Record) error { return nil }
