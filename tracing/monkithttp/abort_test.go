package monkithttp

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"runtime"
	"testing"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// A handler panics with http.ErrAbortHandler to end a response that has no reader any
// more, as httputil.ReverseProxy does (golang/go#28239, stacklok/toolhive#4064).
func TestAbortCountsAsAnErrorAndIsPassedOn(t *testing.T) {
	for _, tt := range []struct {
		name, status string
		before       func(w http.ResponseWriter)
	}{
		{"before the header", "500", func(http.ResponseWriter) {}},
		{"after the header", "206", func(w http.ResponseWriter) { w.WriteHeader(206) }},
		{"after a status that is an error", "502", func(w http.ResponseWriter) { w.WriteHeader(502) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newObservedScope(t)
			var inner monkit.FuncStats
			h := TraceHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				defer inner.Observe()(nil)
				tt.before(w)
				panic(http.ErrAbortHandler)
			}), w.Scope)
			func() {
				defer func() {
					if got := recover(); got != http.ErrAbortHandler {
						t.Errorf("recovered %v", got)
					}
				}()
				serve(h, "/")
			}()
			s := w.only(t)
			if status := annotation(s.Span, tracing.HTTPStatus); status != tt.status || s.Panicked || s.Err != http.ErrAbortHandler {
				t.Errorf("status %s, %v, panicked: %v", status, s.Err, s.Panicked)
			}
			wantAborted(t, &s.Span.Func().FuncStats)
			wantAborted(t, &inner)
		})
	}
}

func wantAborted(t *testing.T, f *monkit.FuncStats) {
	t.Helper()
	if errs := f.Errors(); f.Panics() != 0 || errs["Aborted"] != 1 || len(errs) != 1 || f.Current() != 0 {
		t.Errorf("%d panics, errors %v, %d in flight; want one Aborted", f.Panics(), errs, f.Current())
	}
}

// TestClientThatLeavesAProxyCountsAsAborted uses real connections.
func TestClientThatLeavesAProxyCountsAsAborted(t *testing.T) {
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	target, err := url.Parse(endless.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport, proxy.ErrorLog = transport, log.New(io.Discard, "", 0)

	w := newObservedScope(t)
	task := w.FuncNamed("task")
	ended := make(chan struct{})
	traced := TraceHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		defer task.Task(&ctx)(nil)
		proxy.ServeHTTP(w, r.WithContext(ctx))
	}), w.Scope)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		traced.ServeHTTP(w, r)
	}))
	defer server.Close()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	req, err := http.NewRequestWithContext(ctx, "GET", server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	leave()
	resp.Body.Close()
	<-ended
	wantAborted(t, &w.FuncNamed("traceHandler.ServeHTTP").FuncStats)
	wantAborted(t, &task.FuncStats)
}

// A handler that ends its goroutine, as a failed test does, cuts off the response.
func TestGoexitOfAHandlerIsAnError(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		want   error
	}{
		{"before the header", 0, StatusError(500)},
		{"after the header", 200, http.ErrAbortHandler},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newObservedScope(t)
			h := TraceHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tt.status != 0 {
					w.WriteHeader(tt.status)
				}
				runtime.Goexit()
			}), w.Scope)
			done := make(chan struct{})
			go func() {
				defer close(done)
				serve(h, "/")
			}()
			<-done
			if s := w.only(t); s.Err != tt.want || s.Panicked {
				t.Errorf("the span ended with %v, panicked: %v; want %v", s.Err, s.Panicked, tt.want)
			}
		})
	}
}

// A call that returns because its client has left has a name of its own too.
func TestCanceledRequestIsNamed(t *testing.T) {
	w := newObservedScope(t)
	task := w.FuncNamed("task")
	h := TraceHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		err := errors.Join(errors.New("query"), ctx.Err())
		defer task.Task(&ctx)(&err)
	}), w.Scope)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil).WithContext(ctx))
	if errs := task.Errors(); errs["Canceled"] != 1 || len(errs) != 1 {
		t.Errorf("errors %v, want one Canceled", errs)
	}
}
