package monkithttp

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// observedScope is a scope of a registry of its own, with all spans of the
// registry that have ended.
type observedScope struct {
	*monkit.Scope

	mu    sync.Mutex
	spans []*tracing.FinishedSpan // guarded by mu; in the order in which they ended
}

func newObservedScope(t *testing.T) *observedScope {
	t.Helper()
	r := monkit.NewRegistry()
	s := &observedScope{Scope: r.ScopeNamed("s")}
	t.Cleanup(tracing.ObserveAllTraces(r, s))
	return s
}

func (s *observedScope) Start(*monkit.Span) {}

func (s *observedScope) Finish(span *monkit.Span, err error, panicked bool, finish time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spans = append(s.spans, &tracing.FinishedSpan{Span: span, Err: err, Panicked: panicked, Finish: finish})
}

// only returns the one span that has ended. It fails t if there is not exactly
// one.
func (s *observedScope) only(t *testing.T) *tracing.FinishedSpan {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.spans) != 1 {
		t.Fatalf("%d spans have ended, want 1", len(s.spans))
	}
	return s.spans[0]
}

// annotation returns the value of the annotation of s, or "" if there is none.
func annotation(s *monkit.Span, name string) string {
	all := s.Annotations()
	i := slices.IndexFunc(all, func(a monkit.Annotation) bool { return a.Name == name })
	if i < 0 {
		return ""
	}
	return all[i].Value
}

// respond returns a handler that writes a status.
func respond(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

// serve sends h a request with those header lines and returns the response.
func serve(h http.Handler, target string, lines ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", target, nil)
	r.Header = header(lines...)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// inSpan runs f in a span of trace, which came from another process.
func inSpan(s *observedScope, trace *monkit.Trace, f func(ctx context.Context)) {
	ctx := context.Background()
	defer s.FuncNamed("caller").RemoteTrace(&ctx, 99, trace)(nil)
	f(ctx)
}
