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

// world is a registry whose finished spans are known.
type world struct {
	*monkit.Scope
	mu    sync.Mutex
	spans []*tracing.FinishedSpan // guarded by mu, in the order they ended
}

func newWorld(t *testing.T) *world {
	t.Helper()
	r := monkit.NewRegistry()
	w := &world{Scope: r.ScopeNamed("s")}
	t.Cleanup(tracing.ObserveAllTraces(r, w))
	return w
}

func (w *world) Start(*monkit.Span) {}

func (w *world) Finish(s *monkit.Span, err error, panicked bool, finish time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spans = append(w.spans, &tracing.FinishedSpan{Span: s, Err: err, Panicked: panicked, Finish: finish})
}

// only returns the one span that has ended.
func (w *world) only(t *testing.T) *tracing.FinishedSpan {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.spans) != 1 {
		t.Fatalf("%d spans have ended, want 1", len(w.spans))
	}
	return w.spans[0]
}

// note returns the annotation of s.
func note(s *monkit.Span, name string) string {
	all := s.Annotations()
	i := slices.IndexFunc(all, func(a monkit.Annotation) bool { return a.Name == name })
	if i < 0 {
		return ""
	}
	return all[i].Value
}

// answer is a handler that writes a status.
func answer(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

// serve has h answer a request with those lines of header.
func serve(h http.Handler, target string, lines ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", target, nil)
	r.Header = header(lines...)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// inSpan runs f in a span of a trace that came from elsewhere.
func inSpan(w *world, trace *monkit.Trace, f func(ctx context.Context)) {
	ctx := context.Background()
	defer w.FuncNamed("caller").RemoteTrace(&ctx, 99, trace)(nil)
	f(ctx)
}
