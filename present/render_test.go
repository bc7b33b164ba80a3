package present_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/loglimit"
	"monkit.example/internal/webpage"
	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/tracing"
)

// holdWalks takes the places of all walks until release is called.
func holdWalks(t *testing.T) (release func()) {
	t.Helper()
	var all []webpage.Walk
	for range webpage.MaxWalks {
		walk, err := webpage.BeginWalk(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, walk)
	}
	return sync.OnceFunc(func() {
		for _, walk := range all {
			walk.End()
		}
	})
}

// counted returns a registry with one gauge, and how often it was read.
func counted() (*monkit.Registry, *atomic.Int64) {
	r, reads := monkit.NewRegistry(), new(atomic.Int64)
	r.ScopeNamed("s").Gauge("g", func() float64 { return float64(reads.Add(1)) })
	call(context.Background(), r.ScopeNamed("s").FuncNamed("F"), nil)
	return r, reads
}

// Each walk takes a processor, so pages of any kind wait for each other.
func TestPagesWaitWhileOthersWalk(t *testing.T) {
	r, reads := counted()
	rec := tracing.NewRecorder(r, tracing.RecorderOptions{})
	defer rec.Close()
	call(context.Background(), r.ScopeNamed("s").FuncNamed("F"), nil)
	h := present.HTTPWith(r, present.Options{Recorder: rec})
	defer holdWalks(t)()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	for _, v := range present.Views() {
		if v.Waits {
			continue
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", v.Path+"?id="+rec.Traces()[0].ID, nil))
		if v.Walks && w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s does not wait: %d\n%s", v.Path, w.Code, w.Body)
		}
	}
	if n := reads.Load(); n > 0 {
		t.Errorf("pages read the registry %d times", n)
	}
}

func TestConcurrentRequestsShareOnePage(t *testing.T) {
	r, reads := counted()
	h := present.HTTP(r)
	release := holdWalks(t)
	defer release()
	const clients = 50
	var wg sync.WaitGroup
	bodies := make([]string, clients)
	for i := range clients {
		wg.Go(func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/stats", nil))
			bodies[i] = w.Body.String()
		})
	}
	for present.Readers(h) < clients {
		runtime.Gosched()
	}
	release()
	wg.Wait()
	for i, body := range bodies {
		if !strings.Contains(body, "g,scope=s value=1.000000") {
			t.Errorf("client %d of %d got %q", i, clients, body)
		}
	}
	if n := reads.Load(); n != 1 {
		t.Errorf("the registry was read %d times, want once", n)
	}
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, httptest.NewRequest("GET", "/stats", nil)); !strings.Contains(w.Body.String(), "value=2.000000") {
		t.Errorf("a later request gets an old page:\n%s", w.Body)
	}
	if n := present.Readers(h) + present.PagesInMemory(); n != 0 {
		t.Errorf("%d pages are left in memory", n)
	}
}

// Texts that one reader may see must not reach another, nor one filter another.
func TestDifferentPagesAreNotShared(t *testing.T) {
	h := present.HTTP(world(t))
	release := holdWalks(t)
	defer release()
	targets := []string{"http://localhost/ps", "http://evil.example/ps", "http://localhost/ps?q=x", "http://localhost/ps/json",
		"http://localhost/ps?format=html", "http://localhost/funcs", "http://localhost/ps/html/more"}
	var wg sync.WaitGroup
	for _, target := range targets {
		wg.Go(func() { h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", target, nil)) })
	}
	for present.Readers(h) < len(targets) {
		runtime.Gosched()
	}
	if n := present.Making(h); n != len(targets) {
		t.Errorf("%d pages are made for %d targets", n, len(targets))
	}
	release()
	wg.Wait()
}

func TestFirstClientMayLeave(t *testing.T) {
	r, _ := counted()
	h := present.HTTP(r)
	release := holdWalks(t)
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	first, second := httptest.NewRecorder(), httptest.NewRecorder()
	wg.Go(func() { h.ServeHTTP(first, httptest.NewRequestWithContext(ctx, "GET", "/stats", nil)) })
	for present.Readers(h) < 1 {
		runtime.Gosched()
	}
	wg.Go(func() { h.ServeHTTP(second, httptest.NewRequest("GET", "/stats", nil)) })
	for present.Readers(h) < 2 {
		runtime.Gosched()
	}
	cancel()
	for present.Readers(h) > 1 {
		runtime.Gosched()
	}
	release()
	wg.Wait()
	if first.Code != http.StatusServiceUnavailable || second.Code != http.StatusOK || !strings.Contains(second.Body.String(), "value=") {
		t.Errorf("%d and %d, %s", first.Code, second.Code, second.Body)
	}
}

// TestWalkEndsWithTheRequest has the first gauge end the request.
func TestWalkEndsWithTheRequest(t *testing.T) {
	for _, v := range present.Views() {
		if !strings.HasPrefix(v.Path, "/stats") {
			continue
		}
		r := monkit.NewRegistry()
		ctx, cancel := context.WithCancel(t.Context())
		r.ScopeNamed("a").Gauge("first", func() float64 { cancel(); return 0 })
		for range 3 {
			r.ScopeNamed("b").Counter("later").Inc(1)
		}
		w := httptest.NewRecorder()
		present.HTTP(r).ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", v.Path, nil))
		if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "later") {
			t.Errorf("%s: %d\n%s", v.Path, w.Code, w.Body)
		}
	}
}

// stuck is a client that reads nothing until it is released.
type stuck struct {
	http.ResponseWriter
	writing chan struct{} // closed at the first write
	release chan struct{}
	once    sync.Once
}

func (s *stuck) Write(p []byte) (int, error) {
	s.once.Do(func() { close(s.writing) })
	<-s.release
	return len(p), nil
}

func TestSlowClientsDoNotHoldWalks(t *testing.T) {
	r, _ := counted()
	h := present.HTTP(r)
	var wg sync.WaitGroup
	release := make(chan struct{})
	for range webpage.MaxWalks {
		s := &stuck{ResponseWriter: httptest.NewRecorder(), writing: make(chan struct{}), release: release}
		wg.Go(func() { h.ServeHTTP(s, httptest.NewRequest("GET", "/stats", nil)) })
		<-s.writing
	}
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, httptest.NewRequest("GET", "/stats", nil)); w.Code != http.StatusOK {
		t.Errorf("got %d", w.Code)
	}
	close(release)
	wg.Wait()
	if n := present.PagesInMemory(); n != 0 {
		t.Errorf("%d pages are left in memory", n)
	}
}

// A panic may have texts that the reader of the page may not see, so they are in
// the log alone. Goexit ends a page, too.
func TestPanicOfAPageIsLogged(t *testing.T) {
	defer slog.SetDefault(slog.Default())
	synctest.Test(t, func(t *testing.T) {
		present.ForgetPanics()
		defer present.ForgetPanics()
		var log bytes.Buffer
		slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
		for range 3 {
			for _, fail := range []func(){func() { panic("odd") }, runtime.Goexit} {
				err := present.Render(func(w io.Writer) error { io.WriteString(w, "half"); fail(); return nil })
				if err == nil || strings.Contains(err.Error(), "odd") || !strings.Contains(err.Error(), "see the log") {
					t.Errorf("got %v", err)
				}
			}
		}
		if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "panic=odd") || !strings.Contains(got, "page=/funcs") || !strings.Contains(got, "render_test.go") {
			t.Errorf("the log is %s", got)
		}
		time.Sleep(loglimit.Interval)
		present.Render(func(io.Writer) error { panic(1) })
		if got := log.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "panic=1 more=5") {
			t.Errorf("the log is %s", got)
		}
	})
	errFull := errors.New("full")
	if err := present.Render(func(io.Writer) error { return errFull }); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
	if n := present.PagesInMemory(); n != 0 {
		t.Errorf("%d pages are left in memory", n)
	}
}

func TestFilterIsBounded(t *testing.T) {
	h := present.HTTP(world(t))
	for _, v := range present.Views() {
		for q, status := range map[string]int{
			strings.Repeat("a", 200): 200, strings.Repeat("a", 201): 400,
			strings.Repeat("a+", 16): 200, strings.Repeat("a+", 17): 400,
		} {
			if !v.Walks || strings.HasPrefix(v.Path, "/traces") {
				continue
			}
			resp := ask(h, "GET", v.Path+"?q="+q, "")
			if text := body(t, resp); resp.StatusCode != status || status == 400 && !strings.Contains(text, "q: the filter has more than") {
				t.Errorf("%s with %d bytes: %d", v.Path, len(q), resp.StatusCode)
			}
		}
	}
}
