package tracing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"monkit.example/monkit"
)

func TestQuerySelectsSpans(t *testing.T) {
	id := fmt.Sprintf("%x", 77)
	for _, tt := range []struct {
		name string
		q    Query
		want string // the functions that match
	}{
		{"name", Query{Regex: `^s\.a$`}, "a a"}, // the function with a tag has the same name
		{"tag", Query{Regex: `k=v`}, "a"},
		{"part of a name", Query{Regex: `b`}, "b"},
		{"preselected", Query{Regex: `b`, Preselect: true}, "b"},
		{"preselected before the function exists", Query{Regex: `b|late`, Preselect: true}, "b"},
		{"function that exists later", Query{Regex: `b|late`}, "b late"},
		{"trace id", Query{TraceID: id}, "a a b late"},
		{"trace id with leading zeros", Query{TraceID: "000000000000004D"}, "a a b late"},
		{"id of 128 bits", Query{TraceID: "9000000000000004d"}, "a a b late"},
		{"other upper half of the id", Query{TraceID: "8000000000000004d"}, ""},
		{"other trace", Query{TraceID: "4e"}, ""},
		{"regex and trace id", Query{Regex: "b", TraceID: id}, "b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := monkit.NewRegistry()
			s := r.ScopeNamed("s")
			funcs := []*monkit.Func{s.FuncNamed("a"), s.FuncNamed("a", monkit.NewSeriesTag("k", "v")), s.FuncNamed("b")}
			match := matchNow(t, tt.q, r)
			trace := monkit.NewTrace128(9, 77)
			var got []string
			for _, f := range append(funcs, s.FuncNamed("late")) {
				for range 2 { // the second answer may come from a cache
					ctx := context.Background()
					finish := f.RemoteTrace(&ctx, 0, trace)
					if match(monkit.SpanFromCtx(ctx)) {
						got = append(got, f.ShortName())
					}
					finish(nil)
				}
			}
			var once []string
			for pair := range slices.Chunk(got, 2) {
				once = append(once, pair[0])
				if len(pair) != 2 || pair[1] != pair[0] {
					t.Errorf("%v match, want each function twice", got)
				}
			}
			if got := strings.Join(once, " "); got != tt.want {
				t.Errorf("%v match, want %v", got, tt.want)
			}
		})
	}
}

// matchNow returns a function that reports whether a span matches. It decides on
// new functions at once.
func matchNow(t *testing.T, q Query, r *monkit.Registry) func(*monkit.Span) bool {
	t.Helper()
	m, err := q.Compile()
	if err != nil {
		t.Fatal(err)
	}
	w := newSpanWait(m)
	if err := w.preselect(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return func(s *monkit.Span) bool {
		if w.verdictOf(s) == undecided {
			w.decide(<-w.undecided)
		}
		return w.verdictOf(s) == yes
	}
}

func TestErrorDescribesTheQuery(t *testing.T) {
	r := monkit.NewRegistry()
	r.ScopeNamed("s").FuncNamed("f")
	for _, tt := range []struct {
		q    Query
		want string
	}{
		{Query{}, "at least one of 'regex' or 'trace_id' query parameters required"},
		{Query{Regex: "g", Preselect: true}, "regex preselect matches 0 functions"},
		{Query{Regex: "("}, `invalid regex "("`},
		{Query{Regex: strings.Repeat("a", maxRegex+1)}, "at most 1024"},
		{Query{Regex: "(", TraceID: "4d"}, `invalid regex "("`},
		{Query{TraceID: "x"}, "trace_id expected to be hex"},
		{Query{TraceID: "-1"}, "trace_id expected to be hex"},
		{Query{TraceID: strings.Repeat("1", 33)}, "trace_id expected to be hex"},
		{Query{TraceID: "0x1"}, "trace_id expected to be hex"},
		{Query{TraceID: "1" + strings.Repeat("x", 16)}, "trace_id expected to be hex"},
		{Query{TraceID: "x" + strings.Repeat("1", 16)}, "trace_id expected to be hex"},
		{Query{Regex: "f", TraceID: "1_0"}, "trace_id expected to be hex"},
	} {
		m, err := tt.q.Compile()
		if err == nil {
			_, err = m.Watch(t.Context(), r, 0)
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.60v: %v, want %q", tt.q, err, tt.want)
		}
	}
}

func TestLongestRegexIsAllowed(t *testing.T) {
	if _, err := (Query{Regex: strings.Repeat("a", maxRegex)}).Compile(); err != nil {
		t.Error(err)
	}
}

// FuzzTraceID checks that a valid id matches the trace with that id, whether
// the id is written as given or as TraceID formats it.
func FuzzTraceID(f *testing.F) {
	for _, seed := range []string{"", "4d", "000000000000004D", "9000000000000004d", "-1", "0x1", "1_0", "fffffffffffffffffffffffffffffffff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := parseTraceID(text)
		if err != nil {
			return
		}
		trace := monkit.NewTrace128(id.high, int64(id.low))
		if again, err := parseTraceID(TraceID(trace)); err != nil || !id.matches(trace) || !again.matches(trace) {
			t.Errorf("%q became %x %x, then %x %x, %v", text, id.high, id.low, again.high, again.low, err)
		}
	})
}
