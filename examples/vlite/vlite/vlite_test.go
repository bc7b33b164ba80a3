package vlite

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"monkit.example/monkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quick are the options of a service without latency or random failures.
var quick = Options{Latency: -1, FailureRate: -1}

func do(s http.Handler, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w
}

func TestRoutes(t *testing.T) {
	three := Options{Latency: -1, FailureRate: -1, Videos: 3}
	failing := Options{Latency: -1, FailureRate: 1, Videos: 3}
	for _, tt := range []struct {
		name               string
		o                  Options
		method, path, body string
		status             int
		want               string
	}{
		{"list", three, "GET", "/videos", "", 200, `["v0000","v0001","v0002"]` + "\n"},
		{"one", three, "GET", "/videos/v0001", "", 200, `{"id":"v0001","title":"Video 1","bytes":2048}` + "\n"},
		{"data", three, "GET", "/videos/v0001/data", "", 200, strings.Repeat("\x00", 2048)},
		{"none", three, "GET", "/videos/x", "", 404, "get \"x\": no such video\n"},
		{"data of none", three, "GET", "/videos/x/data", "", 404, "get \"x\": no such video\n"},
		{"store", three, "PUT", "/videos/x", "title", 204, ""},
		{"store without a title", three, "PUT", "/videos/x", "", 400, "bad title: the body must have 1 to 1024 bytes\n"},
		{"store with too long a title", three, "PUT", "/videos/x", strings.Repeat("t", maxTitle+1), 400, "bad title: the body must have 1 to 1024 bytes\n"},
		{"a backend fails", failing, "GET", "/videos/v0001", "", 503, "seek: backend unavailable\n"},
		{"a backend fails to store", failing, "PUT", "/videos/x", "title", 503, "seek: backend unavailable\n"},
		{"other methods", three, "DELETE", "/videos/x", "", 405, "Method Not Allowed\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := do(NewWith(tt.o), tt.method, tt.path, tt.body)
			if w.Code != tt.status || w.Body.String() != tt.want {
				t.Errorf("%s %s gives %d %q, want %d %q", tt.method, tt.path, w.Code, w.Body, tt.status, tt.want)
			}
		})
	}
}

func TestListFailsIfOneBackendFails(t *testing.T) {
	p := NewProxy([]*Backend{NewBackend(0, -1), NewBackend(0, 1)})
	if _, err := p.List(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("list gives %v, want %v", err, ErrUnavailable)
	}
}

func TestGetReturnsTheVideoLastStored(t *testing.T) {
	s := NewWith(quick)
	do(s, "PUT", "/videos/x", "before")
	do(s, "GET", "/videos/x", "") // into the cache
	do(s, "PUT", "/videos/x", "after")
	if got := do(s, "GET", "/videos/x", "").Body.String(); !strings.Contains(got, `"after"`) {
		t.Errorf("read %q after it was changed", got)
	}
}

func TestCacheAndBackendAreBounded(t *testing.T) {
	p := NewProxy([]*Backend{NewBackend(0, -1)})
	for i := range maxVideos {
		if err := p.Put(t.Context(), Video{ID: videoID(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Put(t.Context(), Video{ID: "one more"}); !errors.Is(err, ErrFull) {
		t.Errorf("one more gives %v, want %v", err, ErrFull)
	}
	for i := range 2 * maxCached {
		if _, err := p.Get(t.Context(), videoID(i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.cache) != maxCached {
		t.Errorf("%d videos in the cache, want %d", len(p.cache), maxCached)
	}
}

func TestGetReturnsWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewBackend(time.Hour, -1).Get(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// grown returns by how much a value of the service grew while f ran.
func grown(f func(), measurement, tag, field string) float64 {
	read := func() (sum float64) {
		monkit.Default.Stats(func(key monkit.SeriesKey, f string, val float64) {
			if key.Measurement == measurement && f == field && strings.Contains(key.Tags.String(), tag) {
				sum += val
			}
		})
		return sum
	}
	before := read()
	f()
	return read() - before
}

func TestLoadIsMeasured(t *testing.T) {
	load := func() {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), loadPeriod)
			defer cancel()
			NewWith(Options{Latency: -1}).Load(ctx, 100)
		})
	}
	rate := 100 * loadPeriod.Seconds()
	if n := grown(load, "function", "name=(*Proxy).Get", "total"); n < rate/2 || n > rate {
		t.Errorf("%v calls of Proxy.Get in %v, want most of %v", n, loadPeriod, rate)
	}
}

func TestLoadIsBounded(t *testing.T) {
	load := func() {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			NewWith(Options{Latency: time.Hour}).Load(ctx, 10*maxLoad)
		})
	}
	if n := grown(load, "load_skipped", "", "total"); n < maxLoad {
		t.Errorf("%v requests were left out, want at least %d", n, maxLoad)
	}
}
