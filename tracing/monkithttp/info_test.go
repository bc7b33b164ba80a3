package monkithttp

import (
	"context"
	"math"
	"net/http"
	"testing"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

func ref(n int64) *int64 { return &n }

// Fault 8 of monkit/v3: other systems could not read its headers, and it could
// not read theirs.
func TestFaultSetHeaderIsStandard(t *testing.T) {
	for _, tt := range []struct {
		name                   string
		info                   TraceInfo
		parent, state, baggage string
	}{
		{"not sampled", TraceInfo{TraceId: ref(1), ParentId: ref(2)}, "00-00000000000000000000000000000001-0000000000000002-00", "", ""},
		{"sampled", TraceInfo{TraceId: ref(1), ParentId: ref(16), Sampled: true}, "00-00000000000000000000000000000001-0000000000000010-01", "", ""},
		{"negative", TraceInfo{TraceId: ref(-1), ParentId: ref(math.MinInt64)}, "00-0000000000000000ffffffffffffffff-8000000000000000-00", "", ""},
		{"no trace", TraceInfo{ParentId: ref(16), Sampled: true}, "", "sampled=true", ""},
		{"no parent", TraceInfo{TraceId: ref(1), ParentId: ref(0), Sampled: true}, "", "sampled=true", ""},
		{"no parent id", TraceInfo{TraceId: ref(1), Sampled: true}, "", "sampled=true", ""},
		{"trace of zero", TraceInfo{TraceId: ref(0), ParentId: ref(1), Sampled: true}, "", "sampled=true", ""},
		{"no ids, not sampled", TraceInfo{ParentId: ref(16)}, "", "", ""},
		{"baggage", TraceInfo{Baggage: map[string]string{"k": "v w", "a": "b"}}, "", "", "a=b,k=v%20w"},
		{"empty baggage", TraceInfo{Baggage: map[string]string{}}, "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := make(http.Header)
			tt.info.SetHeader(h)
			for name, want := range map[string]string{"traceparent": tt.parent, "tracestate": tt.state, "baggage": tt.baggage} {
				if got := h.Get(name); got != want || (len(h.Values(name)) > 0) != (want != "") {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			got := TraceInfoFromHeader(h, "k", "a")
			if got.Sampled != tt.info.Sampled || (got.TraceId != nil) != (tt.parent != "") {
				t.Errorf("read back as %+v", got)
			}
			if got.TraceId != nil && (*got.TraceId != *tt.info.TraceId || *got.ParentId != *tt.info.ParentId) {
				t.Errorf("read back as %d, %d", *got.TraceId, *got.ParentId)
			}
		})
	}
}

func TestTraceInfoFromSpan(t *testing.T) {
	ctx := context.Background()
	trace := monkit.NewTrace(7)
	defer monkit.NewRegistry().ScopeNamed("s").FuncNamed("f").RemoteTrace(&ctx, 5, trace)(nil)
	s := monkit.SpanFromCtx(ctx)
	for _, sampled := range []bool{false, true} {
		trace.Set(tracing.SampledKey, sampled)
		if got := TraceInfoFromSpan(s); *got.TraceId != 7 || *got.ParentId != s.Id() || got.Sampled != sampled {
			t.Errorf("got %+v", got)
		}
	}
}

func TestTraceInfoFromAHeaderWithOnlyGet(t *testing.T) {
	got := TraceInfoFromHeader(textHeader{"traceparent": "00-" + whole + "-" + span + "-01", "baggage": "k=v"}, "k")
	if got.TraceId == nil || !got.Sampled || got.Baggage["k"] != "v" {
		t.Errorf("got %+v", got)
	}
}
