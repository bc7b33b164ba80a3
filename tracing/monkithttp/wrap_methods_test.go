package monkithttp

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// optional are the methods that a ResponseWriter may have beside its own three, as
// net/http documents them, and how to see whether w has one.
var optional = map[string]func(w http.ResponseWriter) bool{
	"Flusher":       has[http.Flusher],
	"Hijacker":      has[http.Hijacker],
	"Pusher":        has[http.Pusher],
	"CloseNotifier": has[interface{ CloseNotify() <-chan bool }],
	"ReaderFrom":    has[io.ReaderFrom],
	"StringWriter":  has[io.StringWriter],
	"FlushError":    has[interface{ FlushError() error }],
	"SetReadDeadline by ResponseController": func(w http.ResponseWriter) bool {
		return http.NewResponseController(w).SetReadDeadline(time.Time{}) == nil
	},
	"SetWriteDeadline by ResponseController": func(w http.ResponseWriter) bool {
		return http.NewResponseController(w).SetWriteDeadline(time.Time{}) == nil
	},
	"EnableFullDuplex by ResponseController": func(w http.ResponseWriter) bool {
		return http.NewResponseController(w).EnableFullDuplex() == nil
	},
	"Flush by ResponseController": func(w http.ResponseWriter) bool { return http.NewResponseController(w).Flush() == nil },
}

func has[I any](w http.ResponseWriter) bool { _, ok := w.(I); return ok }

func methodsIn(w http.ResponseWriter) map[string]bool {
	found := map[string]bool{}
	for name, has := range optional {
		found[name] = has(w)
	}
	return found
}

// Handlers look for optional methods by type assertions: gin's Stream panics without
// a CloseNotifier (gin-gonic/gin#2908, gorilla/handlers#150), and one that finds a
// Hijacker or a Pusher where the server has none takes a way that fails.
func TestWriterHasTheOptionalMethodsOfTheServer(t *testing.T) {
	for _, tt := range []struct {
		name  string
		serve func(t *testing.T, h http.Handler)
		some  []string // of the methods that the server has: the test would pass without any
	}{
		{"HTTP/1.1", serveByHTTP1, []string{"Flusher", "Hijacker", "CloseNotifier", "ReaderFrom", "EnableFullDuplex by ResponseController"}},
		{"HTTP/2", serveByHTTP2, []string{"Flusher", "Pusher", "CloseNotifier", "FlushError", "SetWriteDeadline by ResponseController"}},
		{"ResponseRecorder", func(t *testing.T, h http.Handler) {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		}, []string{"Flusher", "StringWriter"}},
		{"TimeoutHandler", func(t *testing.T, h http.Handler) {
			serveByHTTP2(t, http.TimeoutHandler(h, time.Minute, ""))
		}, []string{"Pusher"}},
		{"handler within another one", func(t *testing.T, h http.Handler) {
			serveByHTTP1(t, TraceHandler(h, newObservedScope(t).Scope))
		}, []string{"Hijacker", "CloseNotifier"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want, traced, wrapped map[string]bool
			inner := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { traced = methodsIn(w) })
			handler := TraceHandler(inner, newObservedScope(t).Scope)
			tt.serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				want = methodsIn(w)
				want["StringWriter"] = true // see Wrap
				wrapper, _ := Wrap(w)
				wrapped = methodsIn(wrapper)
				handler.ServeHTTP(w, r)
			}))
			for _, name := range tt.some {
				if !want[name] {
					t.Errorf("the server has no %s", name)
				}
			}
			if !maps.Equal(traced, want) {
				t.Errorf("a handler finds\n%v, want\n%v", traced, want)
			}
			if !maps.Equal(wrapped, want) {
				t.Errorf("Wrap has\n%v, want\n%v", wrapped, want)
			}
		})
	}
}

func serveByHTTP1(t *testing.T, h http.Handler) { get(t, httptest.NewUnstartedServer(h), false) }
func serveByHTTP2(t *testing.T, h http.Handler) { get(t, httptest.NewUnstartedServer(h), true) }

// get sends a request to server by one of the two protocols.
func get(t *testing.T, server *httptest.Server, http2 bool) {
	t.Helper()
	server.EnableHTTP2 = http2
	server.StartTLS()
	defer server.Close()
	resp, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil { // it ends when the handler does
		t.Fatal(err)
	}
	if resp.ProtoAtLeast(2, 0) != http2 {
		t.Fatalf("the protocol is %s", resp.Proto)
	}
}

func TestEverySetOfMethodsHasAVariant(t *testing.T) {
	for set := methodSet(0); set < readsFrom<<1; set++ {
		if set&flushErrors != 0 && set&flushes == 0 {
			continue
		}
		r := &statusRecorder{ResponseWriter: httptest.NewRecorder()}
		if got := methodsOf(r.variant(set)); got != set {
			t.Errorf("the variant of %06b has %06b", set, got)
		}
	}
}

// notifier is a writer with a CloseNotify, ReadFrom and FlushError of its own.
type notifier struct {
	http.ResponseWriter
	gone chan bool
}

func (n notifier) CloseNotify() <-chan bool { return n.gone }
func (n notifier) Flush()                   {}
func (n notifier) FlushError() error        { return io.ErrClosedPipe }
func (n notifier) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(n.ResponseWriter, io.LimitReader(r, 2))
}

func TestOptionalMethodsForwardToTheWriter(t *testing.T) {
	rec := httptest.NewRecorder()
	inner := notifier{rec, make(chan bool, 1)}
	w, status := Wrap(inner)
	inner.gone <- true
	if gone := <-w.(closeNotify).CloseNotify(); !gone {
		t.Error("CloseNotify does not return the channel of the writer")
	}
	if err := http.NewResponseController(w).Flush(); err != io.ErrClosedPipe {
		t.Errorf("Flush returned %v, want the error of the writer", err)
	}
	if n, err := w.(io.ReaderFrom).ReadFrom(strings.NewReader("abc")); n != 2 || err != nil || rec.Body.String() != "ab" || status() != 200 {
		t.Errorf("ReadFrom: %d, %v, %q, status %d", n, err, rec.Body, status())
	}
}
