package monkithttp

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Writers with some of the optional methods that handlers look for.
type (
	plainWriter       struct{ http.ResponseWriter }
	flushWriter       struct{ plainWriter }
	hijackWriter      struct{ plainWriter }
	flushHijackWriter struct {
		flushWriter
		http.Hijacker
	}
)

func (w flushWriter) Flush() { w.Header().Set("flushed", "yes") }

var errHijacked = errors.New("hijacked")

func (w hijackWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, errHijacked }

// Fault 9 of monkit/v3: http.Hijacker was hidden, and there was no Unwrap.
func TestFaultWrapKeepsOptionalMethods(t *testing.T) {
	base := plainWriter{httptest.NewRecorder()}
	for _, tt := range []struct {
		name             string
		w                http.ResponseWriter
		flushes, hijacks bool
		controlsFlushes  bool
	}{
		{"plain", base, false, false, false},
		{"flusher", flushWriter{base}, true, false, true},
		{"hijacker", hijackWriter{base}, false, true, false},
		{"both", flushHijackWriter{flushWriter{base}, hijackWriter{base}}, true, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := Wrap(tt.w)
			f, flushes := w.(http.Flusher)
			h, hijacks := w.(http.Hijacker)
			if flushes != tt.flushes || hijacks != tt.hijacks {
				t.Fatalf("flushes: %v, hijacks: %v", flushes, hijacks)
			}
			if flushes {
				if f.Flush(); w.Header().Get("flushed") != "yes" {
					t.Error("Flush did nothing")
				}
			}
			if hijacks {
				if _, _, err := h.Hijack(); err != errHijacked {
					t.Errorf("Hijack returned %v", err)
				}
			}
			if err := http.NewResponseController(w).Flush(); (err == nil) != tt.controlsFlushes {
				t.Errorf("Flush of a ResponseController returned %v", err)
			}
			if u, ok := w.(interface{ Unwrap() http.ResponseWriter }); !ok || u.Unwrap() != tt.w {
				t.Error("Unwrap does not return the wrapped writer")
			}
		})
	}
}

func TestWrapReturnsTheStatus(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(w http.ResponseWriter)
		want int
	}{
		{"no status", func(http.ResponseWriter) {}, 200},
		{"Write", func(w http.ResponseWriter) { w.Write([]byte("x")) }, 200},
		{"status after Write", func(w http.ResponseWriter) { w.Write([]byte("x")); w.WriteHeader(500) }, 200},
		{"status", func(w http.ResponseWriter) { w.WriteHeader(418) }, 418},
		{"two statuses", func(w http.ResponseWriter) { w.WriteHeader(418); w.WriteHeader(500) }, 418},
		{"informational", func(w http.ResponseWriter) { w.WriteHeader(103) }, 200},
		{"informational before", func(w http.ResponseWriter) { w.WriteHeader(103); w.WriteHeader(404) }, 404},
		{"other protocol", func(w http.ResponseWriter) { w.WriteHeader(101) }, 101},
		{"Flush", func(w http.ResponseWriter) { w.(http.Flusher).Flush(); w.WriteHeader(500) }, 200},
		{"WriteString", func(w http.ResponseWriter) { io.WriteString(w, "x"); w.WriteHeader(500) }, 200},
		{"ReadFrom", func(w http.ResponseWriter) { io.Copy(w, strings.NewReader("x")); w.WriteHeader(500) }, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, status := Wrap(httptest.NewRecorder())
			if tt.do(w); status() != tt.want {
				t.Errorf("got %d, want %d", status(), tt.want)
			}
		})
	}
}

func TestHijackedResponseHasStatus101(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want int
	}{
		{"hijacked", nil, 101},
		{"not hijacked", errHijacked, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, status := Wrap(fakeHijacker{httptest.NewRecorder(), tt.err})
			if _, _, err := w.(http.Hijacker).Hijack(); err != tt.err || status() != tt.want {
				t.Errorf("%v, status %d, want %d", err, status(), tt.want)
			}
		})
	}
}

// fakeHijacker is a http.Hijacker without a connection.
type fakeHijacker struct {
	http.ResponseWriter
	err error
}

func (h fakeHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, h.err }

func TestWrapForwardsToTheWriter(t *testing.T) {
	rec := httptest.NewRecorder()
	w, _ := Wrap(rec)
	w.WriteHeader(201)
	w.Write([]byte("a"))
	io.WriteString(w, "b")
	io.Copy(w, strings.NewReader("c"))
	if rec.Code != 201 || rec.Body.String() != "abc" {
		t.Errorf("got %d, %q", rec.Code, rec.Body)
	}
	if _, pushes := w.(http.Pusher); pushes {
		t.Error("a recorder is no Pusher, what wraps it is")
	}
	w, _ = Wrap(pushWriter{rec})
	if err := w.(http.Pusher).Push("/style.css", nil); err == nil || err.Error() != "pushed /style.css" {
		t.Errorf("Push returned %v", err)
	}
}

// pushWriter is a writer whose Push returns what it pushed.
type pushWriter struct{ http.ResponseWriter }

func (pushWriter) Push(target string, _ *http.PushOptions) error {
	return errors.New("pushed " + target)
}

// TestServerStreamsAndHijacks uses real connections.
func TestServerStreamsAndHijacks(t *testing.T) {
	w := newObservedScope(t)
	mux := http.NewServeMux()
	release := make(chan struct{})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "first")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-release
	})
	mux.HandleFunc("/take", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
	})
	server := httptest.NewServer(TraceHandler(mux, w.Scope))
	defer server.Close()
	resp, err := server.Client().Get(server.URL + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first := make([]byte, 5)
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "first" {
		t.Errorf("%v, %q", err, first)
	}
	close(release)
	resp, err = server.Client().Get(server.URL + "/take")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 101 {
		t.Errorf("got %d", resp.StatusCode)
	}
}
