package safelog

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
)

// faulty is a handler that panics in one of its methods.
type faulty struct {
	slog.Handler
	in string
}

func (f faulty) panicIn(method string) {
	if f.in == method {
		panic("handler")
	}
}

func (f faulty) Enabled(ctx context.Context, level slog.Level) bool {
	f.panicIn("Enabled")
	return f.Handler.Enabled(ctx, level)
}

func (f faulty) Handle(ctx context.Context, r slog.Record) error {
	f.panicIn("Handle")
	return f.Handler.Handle(ctx, r)
}

func (f faulty) WithAttrs(attrs []slog.Attr) slog.Handler {
	f.panicIn("WithAttrs")
	return faulty{f.Handler.WithAttrs(attrs), f.in}
}

func (f faulty) WithGroup(name string) slog.Handler {
	f.panicIn("WithGroup")
	return faulty{f.Handler.WithGroup(name), f.in}
}

// courier#1193: a logger that panics ends the process, since goroutines of
// the library call it.
func TestHandlerThatPanicsIsCounted(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		panics   int64
	}{
		{"", "level=INFO msg=m a=1 g.b=2\n", 0},
		{"Enabled", "", 1},
		{"Handle", "", 1},
		{"WithAttrs", "level=INFO msg=m g.b=2\n", 1},
		{"WithGroup", "level=INFO msg=m a=1 b=2\n", 1},
	} {
		t.Run("in "+tt.in, func(t *testing.T) {
			var out bytes.Buffer
			text := slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
				if len(groups) == 0 && a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}})
			before := Panics()
			Wrap(slog.New(faulty{text, tt.in})).With("a", 1).WithGroup("g").Info("m", "b", 2)
			if got := out.String(); got != tt.want {
				t.Errorf("logged %q, want %q", got, tt.want)
			}
			if got := Panics() - before; got != tt.panics {
				t.Errorf("%d panics are counted, want %d", got, tt.panics)
			}
		})
	}
}

func TestWrap(t *testing.T) {
	if Wrap(nil) != nil {
		t.Error("no logger is wrapped")
	}
	l := Wrap(slog.New(slog.DiscardHandler))
	if Wrap(l) != l {
		t.Error("a logger is wrapped twice")
	}
	if with := l.With("a", 1); Wrap(with) != with {
		t.Error("a logger with attributes is wrapped twice")
	}
}

// The position in the source is that of the call, not that of the wrapper.
func TestSourceIsThatOfTheCaller(t *testing.T) {
	var out bytes.Buffer
	Wrap(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{AddSource: true}))).Info("m")
	if !strings.Contains(out.String(), "safelog_test.go:") {
		t.Errorf("logged %q, want the place of the call", out.String())
	}
}
