package monkitslog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// inSpan returns a context with a span of trace. The span ends with the test.
func inSpan(t testing.TB, trace *monkit.Trace) (context.Context, *monkit.Span) {
	ctx := t.Context()
	finish := monkit.NewRegistry().ScopeNamed("shop").FuncNamed("sell").RemoteTrace(&ctx, 1, trace)
	t.Cleanup(func() { finish(nil) })
	return ctx, monkit.SpanFromCtx(ctx)
}

// ctxHandler is a handler that replaces the context of all records.
type ctxHandler struct {
	slog.Handler
	ctx context.Context
}

func (h ctxHandler) Handle(_ context.Context, r slog.Record) error { return h.Handler.Handle(h.ctx, r) }
func (h ctxHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return ctxHandler{h.Handler.WithAttrs(attrs), h.ctx}
}
func (h ctxHandler) WithGroup(name string) slog.Handler {
	return ctxHandler{h.Handler.WithGroup(name), h.ctx}
}

func decode(t *testing.T, line []byte) (fields map[string]any) {
	t.Helper()
	if err := json.Unmarshal(line, &fields); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	return fields
}

func TestHandlerPassesSlogtest(t *testing.T) {
	spanned, s := inSpan(t, monkit.NewTrace128(1, 2))
	for _, tt := range []struct {
		name        string
		ctx         context.Context
		trace, span any
	}{
		{"without a span", context.Background(), nil, nil},
		{"with a span", spanned, "00000000000000010000000000000002", tracing.SpanID(s.Id())},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			slogtest.Run(t, func(*testing.T) slog.Handler {
				out.Reset()
				return ctxHandler{New(slog.NewJSONHandler(&out, nil)), tt.ctx}
			}, func(t *testing.T) map[string]any {
				fields := decode(t, out.Bytes())
				if fields[TraceKey] != tt.trace || fields[SpanKey] != tt.span {
					t.Errorf("ids are %v and %v, want %v and %v", fields[TraceKey], fields[SpanKey], tt.trace, tt.span)
				}
				return fields
			})
		})
	}
}

func TestTraceIDHasTheDigitsOfItsTrace(t *testing.T) {
	for _, tt := range []struct {
		name  string
		trace *monkit.Trace
		want  string
	}{
		{"of 128 bits", monkit.NewTrace128(0xa1, 0x7d), "00000000000000a1000000000000007d"},
		{"of 64 bits", monkit.NewTrace(0x7d), "000000000000007d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, _ := inSpan(t, tt.trace)
			var out bytes.Buffer
			slog.New(New(slog.NewJSONHandler(&out, nil))).InfoContext(ctx, "sold")
			if got := decode(t, out.Bytes())[TraceKey]; got != tt.want {
				t.Errorf("%s is %v, want %s", TraceKey, got, tt.want)
			}
		})
	}
}

// price is a LogValuer whose value is a group.
type price int

func (p price) LogValue() slog.Value { return slog.GroupValue(slog.Int("cents", int(p))) }

// upper replaces the key of an attribute in groups by the names of the groups
// and the key, in upper case.
func upper(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		a.Key = strings.ToUpper(strings.Join(groups, "") + a.Key)
	}
	return a
}

// TestOnlyIDsAreAdded compares each record with the record of the next handler
// alone.
func TestOnlyIDsAreAdded(t *testing.T) {
	ctx, s := inSpan(t, nil)
	var shared = slog.Int("shared", 1)
	for _, tt := range []struct {
		name string
		log  func(l *slog.Logger)
	}{
		{"no attributes", func(l *slog.Logger) { l.InfoContext(ctx, "m") }},
		{"attributes", func(l *slog.Logger) { l.With("a", 1).InfoContext(ctx, "m", "b", 2) }},
		{"more attributes than slog.Record has inline", func(l *slog.Logger) {
			l.InfoContext(ctx, "m", "a", 1, "b", 2, "c", 3, "d", 4, "e", 5, "f", 6, "g", 7)
		}},
		{"group", func(l *slog.Logger) { l.WithGroup("g").InfoContext(ctx, "m", "a", 1) }},
		{"group without a name", func(l *slog.Logger) { l.WithGroup("").With().InfoContext(ctx, "m", "a", 1) }},
		{"empty group", func(l *slog.Logger) { l.With("a", 1).WithGroup("g").InfoContext(ctx, "m") }},
		{"empty group in a group", func(l *slog.Logger) { l.WithGroup("g").With("a", 1).WithGroup("h").InfoContext(ctx, "m") }},
		{"only empty groups", func(l *slog.Logger) { l.WithGroup("g").WithGroup("h").InfoContext(ctx, "m") }},
		{"groups with attributes between", func(l *slog.Logger) {
			l.With("a", 1).WithGroup("g").With("b", 2).With("c", 3).WithGroup("h").With("d", 4).WarnContext(ctx, "m", "e", 5)
		}},
		{"LogValuer", func(l *slog.Logger) {
			l.With("a", price(1)).WithGroup("g").With("b", price(2)).InfoContext(ctx, "m", "c", price(3))
		}},
		{"group that is an attribute", func(l *slog.Logger) {
			l.WithGroup("g").InfoContext(ctx, "m", slog.Group("h", shared, slog.Group("empty")))
		}},
		{"below the level", func(l *slog.Logger) { l.WithGroup("g").DebugContext(ctx, "m") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opts := slog.HandlerOptions{AddSource: true, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey && len(groups) == 0 {
					return slog.Attr{}
				}
				return upper(groups, a)
			}}
			var alone, with bytes.Buffer
			tt.log(slog.New(slog.NewJSONHandler(&alone, &opts)))
			tt.log(slog.New(New(slog.NewJSONHandler(&with, &opts))))
			if alone.Len() == 0 || with.Len() == 0 {
				if alone.Len() != with.Len() {
					t.Errorf("got %s, want %s", &with, &alone)
				}
				return
			}
			want, got := decode(t, alone.Bytes()), decode(t, with.Bytes())
			want[TraceKey], want[SpanKey] = s.Trace().String(), tracing.SpanID(s.Id())
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// Many JSON readers reject duplicate keys.
func TestNoKeyIsDuplicated(t *testing.T) {
	ctx, s := inSpan(t, monkit.NewTrace128(1, 2))
	spanID, traceID := tracing.SpanID(s.Id()), "00000000000000010000000000000002"
	for _, tt := range []struct {
		name        string
		twice       bool // wrap the handler twice
		log         func(l *slog.Logger)
		trace, span string
	}{
		{"wrapped twice", true, func(l *slog.Logger) { l.InfoContext(ctx, "m") }, traceID, spanID},
		{"wrapped twice, in a group", true,
			func(l *slog.Logger) { l.WithGroup("g").InfoContext(ctx, "m", "a", 1) }, traceID, spanID},
		{"key of the record", false, func(l *slog.Logger) { l.InfoContext(ctx, "m", TraceKey, "theirs") }, "theirs", spanID},
		{"key of the logger", false, func(l *slog.Logger) { l.With(SpanKey, "theirs").With("a", 1).InfoContext(ctx, "m") }, traceID, "theirs"},
		{"key of the logger before its group", false,
			func(l *slog.Logger) { l.With(SpanKey, "theirs").WithGroup("g").With("a", 1).InfoContext(ctx, "m") }, traceID, "theirs"},
		{"keys in a group", false, func(l *slog.Logger) { l.WithGroup("g").With(SpanKey, 1).InfoContext(ctx, "m", TraceKey, 2) }, traceID, spanID},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			h := New(slog.NewJSONHandler(&out, nil))
			if tt.twice {
				h = New(h)
			}
			tt.log(slog.New(h))
			for _, id := range []struct{ key, val string }{{TraceKey, tt.trace}, {SpanKey, tt.span}} {
				if n := strings.Count(out.String(), fmt.Sprintf("%q:%q", id.key, id.val)); n != 1 {
					t.Errorf("%s=%s occurs %d times in %s", id.key, id.val, n, &out)
				}
				if n := strings.Count(out.String(), fmt.Sprintf("%q:\"", id.key)); n != 1 {
					t.Errorf("%s occurs %d times in %s", id.key, n, &out)
				}
			}
		})
	}
}

// TestDerivedLoggersShareNoAttributes derives two loggers from a logger with a
// group, and logs one record with both.
func TestDerivedLoggersShareNoAttributes(t *testing.T) {
	ctx, _ := inSpan(t, nil)
	var out bytes.Buffer
	h := New(slog.NewJSONHandler(&out, nil)).WithGroup("g").WithAttrs([]slog.Attr{slog.Int("a", 1), slog.Int("b", 2)})
	h = h.WithAttrs([]slog.Attr{slog.Int("c", 3)}) // a slice that grew by append has room for another attribute
	left, right := h.WithAttrs([]slog.Attr{slog.Int("left", 4)}), h.WithAttrs([]slog.Attr{slog.Int("right", 4)})
	var r slog.Record
	r.AddAttrs(slog.Int("p", 1), slog.Int("q", 2), slog.Int("r", 3), slog.Int("s", 4), slog.Int("t", 5), slog.Int("u", 6))
	for handler, want := range map[slog.Handler]string{left: "left", right: "right"} {
		out.Reset()
		if err := handler.Handle(ctx, r); err != nil {
			t.Fatal(err)
		}
		in := decode(t, out.Bytes())["g"].(map[string]any)
		if _, ok := in[want]; !ok || len(in) != 10 {
			t.Errorf("group has %v, want %s among 10", maps.Collect(maps.All(in)), want)
		}
	}
	if n := r.NumAttrs(); n != 6 {
		t.Errorf("the record has %d attributes now, want 6", n)
	}
}

// storingHandler stores the records that it gets.
type storingHandler struct {
	slog.Handler
	records *[]slog.Record
}

func (h storingHandler) Handle(_ context.Context, r slog.Record) error {
	*h.records = append(*h.records, r)
	return nil
}

// Attributes of a group that have room for another must not get those of two
// records there.
func TestRecordsShareNoAttributes(t *testing.T) {
	ctx, _ := inSpan(t, nil)
	for n := range 20 {
		var records []slog.Record
		var attrs []slog.Attr
		for i := range n {
			attrs = append(attrs, slog.Int(fmt.Sprint("k", i), i))
		}
		h := New(storingHandler{slog.DiscardHandler, &records}).WithGroup("outer").WithAttrs(attrs).WithGroup("inner")
		for _, msg := range []string{"first", "second"} {
			var r slog.Record
			r.AddAttrs(slog.String("msg", msg))
			if err := h.Handle(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		records[0].Attrs(func(a slog.Attr) bool {
			if a.Key == "outer" && !strings.Contains(a.Value.String(), "first") {
				t.Errorf("with %d attributes, the first record became %v", n, a)
			}
			return true
		})
	}
}

// The caller of Handle may use the record again.
func TestHandleDoesNotChangeTheRecord(t *testing.T) {
	ctx, _ := inSpan(t, nil)
	var out bytes.Buffer
	h := New(slog.NewJSONHandler(&out, nil))
	var r slog.Record
	for n := 1; n < 20; n++ { // some records have room for another attribute
		r.AddAttrs(slog.Int(fmt.Sprint("k", n), n))
		for range 2 {
			out.Reset()
			if err := h.Handle(ctx, r); err != nil {
				t.Fatal(err)
			}
			if got := decode(t, out.Bytes()); len(got) != 2+n+2 || got[TraceKey] == nil {
				t.Errorf("got %v, want level, msg, %d attributes and 2 ids", got, n)
			}
		}
	}
}

func TestHandlerWithoutChangeIsItself(t *testing.T) {
	h := New(slog.DiscardHandler)
	if h.WithAttrs(nil) != h || h.WithGroup("") != h {
		t.Error("no attributes or an empty group make another handler")
	}
}

func TestHandlerIsSafeForConcurrentUse(t *testing.T) {
	ctx, _ := inSpan(t, nil)
	l := slog.New(New(slog.NewJSONHandler(io.Discard, nil))).With("a", 1).WithGroup("g").With("b", 2)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 100 {
				l.With("i", i).WithGroup("h").InfoContext(ctx, "m", "c", 3)
			}
		})
	}
	wg.Wait()
}
