package zipkin

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monkit.example/internal/faultsink"
	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
	"monkit.example/tracing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a Zipkin server that stores spans.
type server struct {
	*httptest.Server
	reject func(body string) int // status of the response, 0 to accept the request

	mu    sync.Mutex
	spans []span        // guarded by mu
	paths []string      // guarded by mu; of the accepted requests
	sizes []int         // guarded by mu; of the accepted bodies, without compression
	heads []http.Header // guarded by mu; of the accepted requests
}

func newServer(t *testing.T, reject func(body string) int) *server {
	t.Helper()
	s := &server{reject: reject}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := faultsink.ReadBody(r)
	if status := s.reject(text); status != 0 {
		w.WriteHeader(status)
		return
	}
	var spans []span
	if err == nil {
		err = json.Unmarshal([]byte(text), &spans)
	}
	if err != nil || r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, "not a Zipkin request", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spans = append(s.spans, spans...)
	s.paths = append(s.paths, r.URL.Path)
	s.sizes = append(s.sizes, len(text))
	s.heads = append(s.heads, r.Header)
	w.WriteHeader(http.StatusAccepted)
}

// names returns the names of the received spans, sorted.
func (s *server) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, span := range s.spans {
		names = append(names, span.Name)
	}
	slices.Sort(names)
	return names
}

// wait waits until the server has received n spans.
func (s *server) wait(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); len(s.names()) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("received %v, want %d spans", s.names(), n)
		}
	}
}

func acceptAll(string) int { return 0 }

// rejectBad rejects requests with the span bad of the scope s.
func rejectBad(body string) int {
	if strings.Contains(body, "s.bad") {
		return http.StatusBadRequest
	}
	return 0
}

// newServerThatIsDown returns a server that is unavailable until down is unset.
func newServerThatIsDown(t *testing.T) (s *server, down *atomic.Bool) {
	t.Helper()
	down = new(atomic.Bool)
	down.Store(true)
	return newServer(t, func(string) int {
		if down.Load() {
			return http.StatusServiceUnavailable
		}
		return 0
	}), down
}

// withTimeout returns a context with the time that a test may take.
func withTimeout(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// run runs each function in a trace of its own.
func run(s *monkit.Scope, names ...string) {
	for _, name := range names {
		ctx := context.Background()
		s.FuncNamed(name).Task(&ctx)(nil)
	}
}

// check compares the ledger of e, which must balance.
func check(t *testing.T, e *Exporter, want ledger.Ledger) {
	t.Helper()
	got := e.Ledger()
	if err := got.Check(); err != nil {
		t.Error(err)
	}
	if got.String() != want.String() {
		t.Errorf("ledger %v, want %v", got, want)
	}
}

func TestSpansAreExported(t *testing.T) {
	srv := newServer(t, acceptAll)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r, Service: "Shop"})
	run(r.ScopeNamed("s"), "a", "b")
	if err := e.Flush(withTimeout(t)); err != nil {
		t.Error(err)
	}
	run(r.ScopeNamed("s"), "c")
	if err := e.Close(withTimeout(t)); err != nil {
		t.Error(err)
	}
	run(r.ScopeNamed("s"), "late")
	if got := srv.names(); !slices.Equal(got, []string{"s.a", "s.b", "s.c"}) {
		t.Errorf("received %v", got)
	}
	if srv.paths[0] != "/api/v2/spans" || srv.spans[0].Local.Service != "shop" {
		t.Errorf("to %s, by %s", srv.paths[0], srv.spans[0].Local.Service)
	}
	check(t, e, ledger.Ledger{Accepted: 3, Delivered: 3})
}

func TestFlushExportsAllSpans(t *testing.T) {
	srv := newServer(t, acceptAll)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r, Interval: time.Hour})
	defer e.Close(withTimeout(t))
	run(r.ScopeNamed("s"), "a")
	if err := e.Flush(withTimeout(t)); err != nil || len(srv.names()) != 1 {
		t.Errorf("%v, received %v", err, srv.names())
	}
}

func TestSpansAreExportedEveryInterval(t *testing.T) {
	srv := newServer(t, acceptAll)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r, Interval: time.Millisecond})
	defer e.Close(withTimeout(t))
	for n := range 2 {
		run(r.ScopeNamed("s"), "a")
		srv.wait(t, n+1)
	}
}

// Otherwise spans would be dropped although the server is available.
func TestHalfOfMaxSpansIsExportedBeforeTheInterval(t *testing.T) {
	srv := newServer(t, acceptAll)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r, Interval: time.Hour, MaxSpans: 4})
	defer e.Close(withTimeout(t))
	run(r.ScopeNamed("s"), "a", "b")
	srv.wait(t, 2)
}

func TestRequestsAreCompressed(t *testing.T) {
	srv := newServer(t, acceptAll)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r})
	run(r.ScopeNamed("s"), slices.Repeat([]string{"a"}, 100)...)
	if err := e.Close(withTimeout(t)); err != nil {
		t.Error(err)
	}
	if got := srv.heads[0].Get("Content-Encoding"); got != "gzip" {
		t.Errorf("Content-Encoding is %q", got)
	}
}

func TestDefaultPortIsZipkins(t *testing.T) {
	e := NewWith("127.0.0.1", Options{Registry: monkit.NewRegistry()})
	defer e.Close(withTimeout(t))
	const want = "send,destination=zipkin+http://127.0.0.1:9411/api/v2/spans delivered_lines"
	if got := monkit.Collect(e); !hasKey(got, want) {
		t.Errorf("no %s in %v", want, got)
	}
}

func hasKey[V any](m map[string]V, key string) bool {
	_, ok := m[key]
	return ok
}

func TestPayloadBeyondMaxBytesIsDropped(t *testing.T) {
	srv := newServer(t, acceptAll)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r, MaxBytes: 1})
	run(r.ScopeNamed("s"), "a")
	if e.Close(withTimeout(t)); len(srv.names()) != 0 {
		t.Errorf("received %v", srv.names())
	}
	if got := e.Ledger(); got.Accepted != 1 || got.Delivered != 0 || got.Pending != 0 {
		t.Errorf("ledger %v", got)
	}
}

func TestSpansBeyondMaxAgeAreDropped(t *testing.T) {
	srv := newServer(t, func(string) int { return http.StatusServiceUnavailable })
	r := monkit.NewRegistry()
	var log strings.Builder
	e := NewWith(srv.URL, Options{Registry: r, MaxAge: time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	run(r.ScopeNamed("s"), "a")
	e.exportWaiting()
	for deadline := time.Now().Add(20 * time.Second); e.Ledger().Pending > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("ledger %v", e.Ledger())
		}
	}
	e.Close(withTimeout(t))
	if got := e.Ledger(); got.Accepted != 1 || got.Delivered != 0 || log.Len() == 0 {
		t.Errorf("ledger %v, logged %q", got, &log)
	}
}

func TestPathOfTheAddressIsUsed(t *testing.T) {
	for path, want := range map[string]string{"": "/api/v2/spans", "/": "/api/v2/spans", "/other": "/other"} {
		srv := newServer(t, acceptAll)
		r := monkit.NewRegistry()
		e := NewWith(srv.URL+path, Options{Registry: r})
		run(r.ScopeNamed("s"), "a")
		if err := e.Close(withTimeout(t)); err != nil || !slices.Equal(srv.paths, []string{want}) {
			t.Errorf("%q: %v, to %v, want %s", path, err, srv.paths, want)
		}
	}
}

func TestOnlySampledTracesAreExported(t *testing.T) {
	srv := newServer(t, acceptAll)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r, Fraction: -1})
	s := r.ScopeNamed("s")
	run(s, "unsampled")
	trace := monkit.NewTrace(1)
	trace.Set(tracing.SampledKey, true)
	ctx := context.Background()
	s.FuncNamed("before").RemoteTrace(&ctx, 0, trace)(nil)
	ctx = context.Background()
	finish := s.FuncNamed("within").Task(&ctx)
	tracing.Sample(monkit.SpanFromCtx(ctx).Trace())
	finish(nil)
	if err := e.Close(withTimeout(t)); err != nil {
		t.Error(err)
	}
	if got := srv.names(); !slices.Equal(got, []string{"s.before", "s.within"}) {
		t.Errorf("received %v", got)
	}
	check(t, e, ledger.Ledger{Accepted: 2, Delivered: 2})
}

func TestRejectedSpanCostsNoOtherSpan(t *testing.T) {
	srv := newServer(t, rejectBad)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r})
	run(r.ScopeNamed("s"), "a", "b", "bad", "c", "d")
	if err := e.Close(withTimeout(t)); err == nil || !strings.Contains(err.Error(), "rejected=1") {
		t.Errorf("Close() = %v, want the rejected span", err)
	}
	if got := srv.names(); !slices.Equal(got, []string{"s.a", "s.b", "s.c", "s.d"}) {
		t.Errorf("received %v", got)
	}
	check(t, e, ledger.Ledger{Accepted: 5, Delivered: 4, Dropped: ledger.Counts{ledger.Rejected: 1}})
}

func TestManySpansAreSplitIntoRequests(t *testing.T) {
	srv := newServer(t, acceptAll)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r, Interval: time.Hour})
	const spans = 3000
	f := r.ScopeNamed("s").FuncNamed("f")
	for range spans {
		ctx := context.Background()
		f.Task(&ctx)(nil)
	}
	if err := e.Close(withTimeout(t)); err != nil {
		t.Error(err)
	}
	if len(srv.spans) != spans || len(srv.paths) < 2 {
		t.Errorf("%d spans in %d requests", len(srv.spans), len(srv.paths))
	}
	if got := slices.Max(srv.sizes); got > maxPayload+len("[]") {
		t.Errorf("a request of %d bytes, want at most %d", got, maxPayload)
	}
	check(t, e, ledger.Ledger{Accepted: spans, Delivered: spans})
}

func TestSpansBeyondMaxSpansDropTheOldest(t *testing.T) {
	srv := newServer(t, acceptAll)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r, Interval: time.Hour, MaxSpans: 2})
	e.encoding.Lock() // stops exportWaiting
	run(r.ScopeNamed("s"), "a", "b", "c", "d", "e")
	check(t, e, ledger.Ledger{Accepted: 5, Pending: 2, Dropped: ledger.Counts{ledger.QueueFull: 3}})
	e.encoding.Unlock()
	if err := e.Close(withTimeout(t)); err != nil {
		t.Error(err)
	}
	if got := srv.names(); !slices.Equal(got, []string{"s.d", "s.e"}) {
		t.Errorf("received %v", got)
	}
	check(t, e, ledger.Ledger{Accepted: 5, Delivered: 2, Dropped: ledger.Counts{ledger.QueueFull: 3}})
}

// The second time must not depend on where the first ended.
func TestOldestSpansAreDroppedEachTime(t *testing.T) {
	srv := newServer(t, acceptAll)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r, Interval: time.Hour, MaxSpans: 3})
	for _, names := range [][]string{{"a", "b", "c", "d", "e"}, {"f", "g", "h", "i"}} {
		e.encoding.Lock() // stops exportWaiting
		run(r.ScopeNamed("s"), names...)
		e.encoding.Unlock()
		if err := e.Flush(withTimeout(t)); err != nil {
			t.Error(err)
		}
	}
	if err := e.Close(withTimeout(t)); err != nil {
		t.Error(err)
	}
	if got := srv.names(); !slices.Equal(got, []string{"s.c", "s.d", "s.e", "s.g", "s.h", "s.i"}) {
		t.Errorf("received %v", got)
	}
}

func TestSpansLeftAtCloseAreDropped(t *testing.T) {
	srv := newServer(t, func(string) int { return http.StatusServiceUnavailable })
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r})
	run(r.ScopeNamed("s"), "a", "b")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := e.Close(ctx); err == nil {
		t.Error("Close dropped spans and returned no error")
	}
	check(t, e, ledger.Ledger{Accepted: 2, Dropped: ledger.Counts{ledger.Closed: 2}})
	run(r.ScopeNamed("s"), "late")
	check(t, e, ledger.Ledger{Accepted: 2, Dropped: ledger.Counts{ledger.Closed: 2}})
}

func TestSpansAfterCloseAreDropped(t *testing.T) {
	srv := newServer(t, acceptAll)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r})
	if err := e.Close(withTimeout(t)); err != nil {
		t.Error(err)
	}
	if err := e.Close(withTimeout(t)); err != nil {
		t.Error(err)
	}
	ctx := context.Background()
	defer r.ScopeNamed("s").FuncNamed("f").Task(&ctx)(nil)
	e.Finish(monkit.SpanFromCtx(ctx), nil, false, time.Now()) // an observer may be called while it is canceled
	check(t, e, ledger.Ledger{Accepted: 1, Dropped: ledger.Counts{ledger.Closed: 1}})
}

func TestInvalidAddressIsLoggedOnceAndReturnedByFlush(t *testing.T) {
	for _, addr := range []string{"", "udp://host:1", "graphite+http://host", "http://user:secret@ho st/"} {
		var log strings.Builder
		r := monkit.NewRegistry()
		e := NewWith(addr, Options{Registry: r, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		run(r.ScopeNamed("s"), "a")
		if err := e.Flush(withTimeout(t)); err == nil || !strings.HasPrefix(err.Error(), "zipkin: ") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", addr, err)
		}
		if err := e.Close(withTimeout(t)); err != nil {
			t.Error(err)
		}
		if n := strings.Count(log.String(), "no traces are exported"); n != 1 || strings.Contains(log.String(), "secret") {
			t.Errorf("%q: logged %d times: %s", addr, n, &log)
		}
		check(t, e, ledger.Ledger{Accepted: 1, Dropped: ledger.Counts{ledger.SendFailed: 1}})
	}
}

func TestExporterIsSafeForConcurrentUse(t *testing.T) {
	srv := newServer(t, acceptAll)
	r := monkit.NewRegistry()
	e := NewWith(srv.URL, Options{Registry: r, Interval: time.Millisecond, MaxSpans: 1 << 20})
	const workers, each = 4, 500
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				run(r.ScopeNamed("s"), "a")
			}
		})
	}
	for range 20 {
		if err := e.Ledger().Check(); err != nil {
			t.Error(err)
		}
		e.Flush(withTimeout(t))
	}
	wg.Wait()
	if err := e.Close(withTimeout(t)); err != nil {
		t.Error(err)
	}
	check(t, e, ledger.Ledger{Accepted: workers * each, Delivered: workers * each})
}

func TestOptionsDefaults(t *testing.T) {
	o := Options{}.withDefaults()
	if o.Registry != monkit.Default || o.Fraction != 1 || o.Interval != time.Second || o.MaxSpans != 8192 || o.payloadSize() != maxPayload {
		t.Errorf("got %+v", o)
	}
}

func TestServiceDefaultsToEnvironmentOrExecutable(t *testing.T) {
	t.Setenv("OTEL_SERVICE_NAME", "")
	if got := (Options{}).withDefaults().Service; !strings.HasPrefix(got, "zipkin.test") {
		t.Errorf("the name of the executable is %q", got)
	}
	t.Setenv("OTEL_SERVICE_NAME", "Env")
	if got := (Options{}).withDefaults().Service; got != "env" {
		t.Errorf("the name in the environment is %q", got)
	}
}
