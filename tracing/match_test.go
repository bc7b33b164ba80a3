package tracing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"monkit.example/monkit"
)

func TestMatch(t *testing.T) {
	id := fmt.Sprintf("%x", 77)
	for _, tt := range []struct {
		name string
		q    Query
		want string // functions that match, of those below
	}{
		{"name", Query{Regex: `^s\.a$`}, "a a"}, // its variant with a tag has the same name
		{"tag", Query{Regex: `k=v`}, "a"},
		{"part", Query{Regex: `b`}, "b"},
		{"preselected", Query{Regex: `b`, Preselect: true}, "b"},
		{"not known when selected", Query{Regex: `b|late`, Preselect: true}, "b"},
		{"not known, not selected", Query{Regex: `b|late`}, "b late"},
		{"trace", Query{TraceID: id}, "a a b late"},
		{"trace with zeros", Query{TraceID: "000000000000004D"}, "a a b late"},
		{"whole id", Query{TraceID: "9000000000000004d"}, "a a b late"},
		{"other upper half", Query{TraceID: "8000000000000004d"}, ""},
		{"other trace", Query{TraceID: "4e"}, ""},
		{"both", Query{Regex: "b", TraceID: id}, "b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := monkit.NewRegistry()
			s := r.ScopeNamed("s")
			funcs := []*monkit.Func{s.FuncNamed("a"), s.FuncNamed("a", monkit.NewSeriesTag("k", "v")), s.FuncNamed("b")}
			match, err := tt.q.Match(r)
			if err != nil {
				t.Fatal(err)
			}
			trace := monkit.NewTrace128(9, 77)
			var got []string
			for _, f := range append(funcs, s.FuncNamed("late")) {
				for range 2 {
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
			}
			if got := strings.Join(once, " "); got != tt.want {
				t.Errorf("%v match, want %v", got, tt.want)
			}
		})
	}
}

func TestMatchSaysWhatIsWrong(t *testing.T) {
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
		{Query{TraceID: "x"}, "trace_id expected to be hex"},
		{Query{TraceID: "-1"}, "trace_id expected to be hex"},
		{Query{TraceID: strings.Repeat("1", 33)}, "trace_id expected to be hex"},
		{Query{Regex: "f", TraceID: "1_0"}, "trace_id expected to be hex"},
	} {
		if _, err := tt.q.Match(r); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.60v: %v, want %q", tt.q, err, tt.want)
		}
	}
}
