package monkit

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// logTo makes h the handler of the default log for one test.
func logTo(t *testing.T, h slog.Handler) {
	t.Helper()
	// slog cannot restore the default log that a program starts with.
	t.Cleanup(func() { slog.SetDefault(slog.New(slog.DiscardHandler)) })
	slog.SetDefault(slog.New(h))
}

// TestTroubleIsLoggedOnce has ten conflicts, and a hundred overflows.
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
		t.Errorf("got the log:\n%s", out.String())
	}
	if n := s.health.conflicts.Load(); n != 10 {
		t.Errorf("%d conflicts, want 10", n)
	}
}

// panickingHandler is a log handler that uses the scope which logs, and panics.
type panickingHandler struct {
	slog.Handler
	s *Scope
}

func (panickingHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h panickingHandler) Handle(context.Context, slog.Record) error {
	h.s.Counter("logged").Inc(1)
	panic("the log is broken")
}

func TestPanicOfTheLogHandlerIsCounted(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	logTo(t, panickingHandler{slog.DiscardHandler, s})
	s.Counter("m").Inc(1)
	s.Meter("m").Mark(1)
	got := Collect(s)
	if got["logged,scope=s value"] != 1 {
		t.Errorf("the handler did not run: %v", got)
	}
	if got["monkit_scope,scope=s callback_panics"] != 1 {
		t.Errorf("the panic is not counted: %v", got)
	}
}

// discard is a log handler that takes every record, and drops it.
type discard struct{ slog.Handler }

func (discard) Enabled(context.Context, slog.Level) bool  { return true }
func (discard) Handle(context.Context, slog.Record) error { return nil }
