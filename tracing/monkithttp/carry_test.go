package monkithttp

import (
	"context"
	"testing"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// setter has Set and Get only, as the headers of other protocols.
type setter map[string]string

func (s setter) Set(name, value string) { s[name] = value }
func (s setter) Get(name string) string { return s[name] }

func TestCarryWhatCameOn(t *testing.T) {
	first := setter{"traceparent": "00-" + whole + "-" + span + "-03", "tracestate": "a=1", "baggage": "k=v,x=y"}
	parent, trace := Extract(first, "k", "x")
	ctx := context.Background()
	defer monkit.NewRegistry().ScopeNamed("s").FuncNamed("f").RemoteTrace(&ctx, parent, trace)(nil)
	s := monkit.SpanFromCtx(ctx)
	next := make(setter)
	Inject(next, s, TransportOptions{Baggage: []string{"k"}, B3: SingleB3})
	id := tracing.SpanID(s.Id())
	for name, want := range map[string]string{
		"traceparent": "00-" + whole + "-" + id + "-03", "tracestate": "a=1", "baggage": "k=v", "b3": whole + "-" + id + "-1-" + span,
	} {
		if next[name] != want {
			t.Errorf("%s is %q, want %q", name, next[name], want)
		}
	}
}

func TestExtractOfNothingIsANewTrace(t *testing.T) {
	parent, trace := Extract(setter{})
	if parent != 0 || trace.High() == 0 || !tracing.OriginOf(trace).Random || trace.Get(tracing.SampledKey) != nil {
		t.Errorf("parent %d, trace %s, origin %+v", parent, trace, tracing.OriginOf(trace))
	}
}
