package monkithttp

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"monkit.example/tracing"
)

// withContext is middleware that passes on a copy of the request, as most does.
func withContext(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r.WithContext(r.Context())) })
}

// muxOf returns a mux with a handler for each pattern.
func muxOf(h http.Handler, patterns ...string) *http.ServeMux {
	mux := http.NewServeMux()
	for _, p := range patterns {
		mux.Handle(p, h)
	}
	return mux
}

// http.ServeMux sets Request.Pattern in the request that it gets, which is a copy
// behind most middleware: a handler around it finds no pattern (golang/go#66405).
func TestRouteIsFoundBehindCopiesOfTheRequest(t *testing.T) {
	const item = "GET /items/{id}"
	mux := muxOf(respond(200), item, "/", "POST example.com/items")
	var aborting http.HandlerFunc = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	below := func(pattern, prefix string, next http.Handler) http.Handler {
		return muxOf(http.StripPrefix(prefix, next), pattern)
	}
	for _, tt := range []struct {
		name, target string
		h            http.Handler
		opts         HandlerOptions
		want         string
	}{
		{"mux", "/items/5", mux, HandlerOptions{}, item},
		{"middleware without Route", "/items/5", withContext(mux), HandlerOptions{}, ""},
		{"middleware", "/items/5", withContext(Route(mux)), HandlerOptions{}, item},
		{"middleware twice", "/items/5", withContext(Route(withContext(Route(mux)))), HandlerOptions{}, item},
		{"Route around a handler", "/items/5", withContext(muxOf(Route(respond(200)), item)), HandlerOptions{}, item},
		{"middleware and the mux of the options", "/items/5", withContext(mux), HandlerOptions{Mux: mux}, item},
		{"prefix", "/api/items/5", http.StripPrefix("/api", Route(mux)), HandlerOptions{}, item},
		{"prefix of a mux", "/api/items/5", below("/api/", "/api", Route(mux)), HandlerOptions{}, "GET /api/items/{id}"},
		{"prefix of a mux without Route", "/api/items/5", below("/api/", "/api", mux), HandlerOptions{}, "/api/"},
		{"prefix of a mux with a wildcard", "/t/7/items/5", below("/t/{tenant}/{rest...}", "/t/7", Route(mux)), HandlerOptions{}, "GET /t/{tenant}/items/{id}"},
		{"two prefixes", "/a/b/items/5", below("/a/", "/a", Route(below("/b/", "/b", Route(mux)))), HandlerOptions{}, "GET /a/b/items/{id}"},
		{"prefix of a mux behind middleware", "/api/items/5", withContext(Route(below("/api/", "/api", Route(mux)))), HandlerOptions{}, "GET /api/items/{id}"},
		{"mux below a mux", "/items/5", muxOf(Route(mux), "/items/"), HandlerOptions{}, item},
		{"no pattern below a prefix", "/api/x", below("/api/", "/api", Route(muxOf(respond(200), item))), HandlerOptions{}, "/api/"},
		{"no pattern", "/x", Route(muxOf(respond(200), item)), HandlerOptions{}, ""},
		{"timeout", "/items/5", http.TimeoutHandler(Route(mux), time.Minute, ""), HandlerOptions{}, item},
		{"panic", "/items/5", withContext(Route(muxOf(aborting, item))), HandlerOptions{}, item},
		{"another router", "/items/5", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			SetRoute(r.Context(), "/items/:id")
		}), HandlerOptions{}, "/items/:id"},
		{"another router below a mux", "/items/5", muxOf(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			SetRoute(r.Context(), "/items/:id")
		}), "/"), HandlerOptions{}, "/items/:id"},
		{"mux below another router", "/items/5", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			Route(mux).ServeHTTP(w, r.WithContext(r.Context()))
			SetRoute(r.Context(), "/items/:id")
		}), HandlerOptions{}, "/items/:id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newObservedScope(t)
			func() {
				defer func() { _ = recover() }()
				serve(Handler(tt.h, w.Scope, tt.opts), tt.target)
			}()
			if got := annotation(w.only(t).Span, tracing.HTTPRoute); got != tt.want {
				t.Errorf("the route is %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRouteWithoutAHandlerServes(t *testing.T) {
	SetRoute(t.Context(), "/")
	if got := serve(Route(muxOf(respond(204), "/")), "/").Code; got != 204 {
		t.Errorf("the status is %d", got)
	}
}

func TestJoinedPatterns(t *testing.T) {
	for _, tt := range []struct{ outer, inner, want string }{
		{"/a/", "/b", "/a/b"},
		{"/a/", "/", "/a/"},
		{"/", "/b", "/b"},
		{"GET /a/", "/b", "GET /a/b"},
		{"/a/", "GET /b", "GET /a/b"},
		{"GET\t  /a/", "POST /b/{c...}", "POST /a/b/{c...}"},
		{"example.com/a/", "GET /b", "GET example.com/a/b"},
		{"example.com/a/", "example.org/b", "example.org/a/b"},
		{"/a/{rest...}", "/b", "/a/b"},
		{"/a", "/b", "/b"},
		{"/a/{$}", "/b", "/b"},
		{"/a/{b}", "/c", "/c"},
		{"a", "/b", "/b"},
		{"", "", ""},
	} {
		if got := joinPatterns(tt.outer, tt.inner); got != tt.want {
			t.Errorf("%q and %q are %q, want %q", tt.outer, tt.inner, got, tt.want)
		}
	}
}

func TestLateRouteIsIgnored(t *testing.T) {
	w := newObservedScope(t)
	late := make(chan func(), 1)
	serve(TraceHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		late <- func() { SetRoute(r.Context(), "/late") }
	}), w.Scope), "/")
	(<-late)()
	if got := annotation(w.only(t).Span, tracing.HTTPRoute); got != "" {
		t.Errorf("the route is %q", got)
	}
}

func TestSpansAreNamedByRoute(t *testing.T) {
	mux := muxOf(respond(200), "GET /items/{id}", "POST /items", "/static/")
	byHost := func(r *http.Request) string { return strings.TrimPrefix(r.Host, "example.com") }
	for _, tt := range []struct {
		name, method, target string
		opts                 HandlerOptions
		want                 string
	}{
		{"nothing", "GET", "/items/5", HandlerOptions{}, funcName},
		{"mux", "GET", "/items/5", HandlerOptions{Mux: mux}, "GET /items/{id}"},
		{"another id", "GET", "/items/6", HandlerOptions{Mux: mux}, "GET /items/{id}"},
		{"another method", "POST", "/items", HandlerOptions{Mux: mux}, "POST /items"},
		{"subtree", "GET", "/static/a.css", HandlerOptions{Mux: mux}, "/static/"},
		{"no pattern", "GET", "/x", HandlerOptions{Mux: mux}, funcName},
		{"no pattern for the method", "PUT", "/items", HandlerOptions{Mux: mux}, funcName},
		{"function", "GET", "http://a.test/", HandlerOptions{Name: byHost}, "a.test"},
		{"function without a name", "GET", "http://example.com/items/5", HandlerOptions{Name: byHost, Mux: mux}, funcName},
		{"long name", "GET", "/", HandlerOptions{Name: func(*http.Request) string { return strings.Repeat("x", 1e6) }}, strings.Repeat("x", maxName)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newObservedScope(t)
			h := Handler(withContext(mux), w.Scope, tt.opts)
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(tt.method, tt.target, nil))
			f := w.only(t).Span.Func()
			if f.ShortName() != tt.want {
				t.Errorf("the span is called %.300q, want %.300q", f.ShortName(), tt.want)
			}
			if f.SuccessTimes().Count != 1 {
				t.Errorf("%s has %d times", f.ShortName(), f.SuccessTimes().Count)
			}
		})
	}
}

func TestSpanInsideOfAMuxIsNamedByItsPattern(t *testing.T) {
	w := newObservedScope(t)
	h := Handler(respond(200), w.Scope, HandlerOptions{Name: func(r *http.Request) string { return r.Pattern }})
	serve(muxOf(h, "GET /items/{id}"), "/items/5")
	if got := w.only(t).Span.Func().ShortName(); got != "GET /items/{id}" {
		t.Errorf("the span is called %q", got)
	}
}

func TestNamesOfSpansAreBounded(t *testing.T) {
	for _, tt := range []struct{ most, want int }{{0, defaultMaxNames}, {3, 3}} {
		w := newObservedScope(t)
		byPath := func(r *http.Request) string { return r.URL.Path }
		h := Handler(respond(200), w.Scope, HandlerOptions{Name: byPath, MaxNames: tt.most})
		const requests = 1000
		done := make(chan struct{})
		for range 2 {
			go func() {
				defer func() { done <- struct{}{} }()
				for i := range requests {
					serve(h, fmt.Sprint("/", i))
				}
			}()
		}
		<-done
		<-done
		names, total := map[string]bool{}, int64(0)
		for _, s := range w.spans {
			if f := s.Span.Func(); !names[f.ShortName()] {
				names[f.ShortName()] = true
				total += f.Success()
			}
		}
		other := w.FuncNamed(OtherRequests).Success()
		if len(names) != tt.want+1 || !names["/0"] || total != 2*requests || other != int64(2*(requests-tt.want)) {
			t.Errorf("%d names, %d requests, of which %d are others; want %d names and others for the rest of %d",
				len(names), total, other, tt.want+1, 2*requests)
		}
	}
}
