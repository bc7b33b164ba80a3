package faultsink

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A Reply writes the response to r, whose decompressed body is body, and returns the
// lines of body that the server stores.
type Reply func(w http.ResponseWriter, r *http.Request, body string, sink *Sink) (stored string)

// OK stores all lines and responds with status 204.
func OK() Reply { return Stores(http.StatusNoContent, "") }

// Stores stores all lines and responds with status and text.
func Stores(status int, text string) Reply { return respond(true, status, text, nil) }

// Refuses stores nothing and responds with status and text. header lists names and
// values in turn.
func Refuses(status int, text string, header ...string) Reply {
	return respond(false, status, text, header)
}

// TooMany responds with status 429 and the header Retry-After, which holds seconds
// or a date.
func TooMany(retryAfter string) Reply {
	return Refuses(http.StatusTooManyRequests, "", "Retry-After", retryAfter)
}

// TooLarge responds with status 413 if the body has more than max bytes.
func TooLarge(max int) Reply {
	return func(w http.ResponseWriter, r *http.Request, body string, sink *Sink) string {
		if len(body) > max {
			return Refuses(http.StatusRequestEntityTooLarge, "request entity too large")(w, r, body, sink)
		}
		return OK()(w, r, body, sink)
	}
}

// Strict stores nothing and responds with status 400 if the body contains bad.
func Strict(bad string) Reply {
	return func(w http.ResponseWriter, r *http.Request, body string, sink *Sink) string {
		if strings.Contains(body, bad) {
			return Refuses(http.StatusBadRequest, `{"code":"invalid","message":"unable to parse"}`)(w, r, body, sink)
		}
		return OK()(w, r, body, sink)
	}
}

// Late stores all lines at once, but responds only after d, or when the test ends.
func Late(d time.Duration) Reply {
	return func(w http.ResponseWriter, _ *http.Request, body string, sink *Sink) string {
		sink.recordPayload(body, body)
		select {
		case <-time.After(d):
		case <-sink.end:
		}
		w.WriteHeader(http.StatusNoContent)
		return "" // stored above
	}
}

// Hangup closes the connection without a response.
func Hangup() Reply {
	return func(http.ResponseWriter, *http.Request, string, *Sink) string { panic(http.ErrAbortHandler) }
}

func respond(stored bool, status int, text string, header []string) Reply {
	return func(w http.ResponseWriter, _ *http.Request, body string, _ *Sink) string {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, text)
		if stored {
			return body
		}
		return ""
	}
}

// NewHTTP listens on a free port of 127.0.0.1. It decompresses bodies with gzip.
func NewHTTP(t testing.TB, script ...Reply) *Sink {
	s := newSink(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reply := stepFor(script, s.visit(), OK())
		body, err := ReadBody(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		// The payload is recorded before the client can receive the response.
		rec := httptest.NewRecorder()
		stored := reply(rec, r, body, s)
		s.recordPayload(body, stored)
		copyResponse(w, rec)
	}))
	s.addr = strings.TrimPrefix(srv.URL, "http://")
	t.Cleanup(func() {
		close(s.end)
		srv.CloseClientConnections()
		srv.Close()
	})
	return s
}

func copyResponse(w http.ResponseWriter, rec *httptest.ResponseRecorder) {
	for name, values := range rec.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(rec.Code)
	if rec.Code != http.StatusNoContent {
		w.Write(rec.Body.Bytes())
	}
}

// ReadBody returns the body of a request, without its compression.
func ReadBody(r *http.Request) (string, error) {
	var from io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return "", fmt.Errorf("gzip: %w", err)
		}
		from = z
	}
	p, err := io.ReadAll(from)
	return string(p), err
}
