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

// Reply is how one request is treated. It tells whether the server stores the
// lines of body, and answers.
type Reply func(w http.ResponseWriter, body string, sink *Sink) (stored bool)

// OK stores everything and answers 204.
func OK() Reply { return Stores(http.StatusNoContent, "") }

// Stores answers so, and stores everything.
func Stores(status int, text string) Reply { return answer(true, status, text, nil) }

// Refuses answers so, and stores nothing. The header is name, value, name, …
func Refuses(status int, text string, header ...string) Reply {
	return answer(false, status, text, header)
}

// TooMany answers 429 with this Retry-After, in seconds or a date.
func TooMany(retryAfter string) Reply {
	return Refuses(http.StatusTooManyRequests, "", "Retry-After", retryAfter)
}

// TooLarge answers 413 to bodies of more than max bytes.
func TooLarge(max int) Reply {
	return func(w http.ResponseWriter, body string, sink *Sink) bool {
		if len(body) > max {
			return Refuses(http.StatusRequestEntityTooLarge, "request entity too large")(w, body, sink)
		}
		return OK()(w, body, sink)
	}
}

// Strict stores nothing, with 400, if a line has bad in it.
func Strict(bad string) Reply {
	return func(w http.ResponseWriter, body string, sink *Sink) bool {
		if strings.Contains(body, bad) {
			return Refuses(http.StatusBadRequest, `{"code":"invalid","message":"unable to parse"}`)(w, body, sink)
		}
		return OK()(w, body, sink)
	}
}

// Late stores everything, but answers only after d, or when the client has
// gone.
func Late(d time.Duration) Reply {
	return func(w http.ResponseWriter, body string, sink *Sink) bool {
		sink.gotPayload(body, true)
		select {
		case <-time.After(d):
		case <-sink.end:
		}
		w.WriteHeader(http.StatusNoContent)
		return false // it has been, above
	}
}

// Hangup closes the connection without an answer.
func Hangup() Reply {
	return func(http.ResponseWriter, string, *Sink) bool { panic(http.ErrAbortHandler) }
}

func answer(stored bool, status int, text string, header []string) Reply {
	return func(w http.ResponseWriter, _ string, _ *Sink) bool {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, text)
		return stored
	}
}

// NewHTTP listens on a free port of 127.0.0.1. Bodies with gzip are unpacked.
func NewHTTP(t testing.TB, script ...Reply) *Sink {
	s := newSink(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reply := stepFor(script, s.visit(), OK())
		body, err := readBody(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		// Taken down before the client can see the answer.
		rec := httptest.NewRecorder()
		stored := reply(rec, body, s)
		s.gotPayload(body, stored)
		copyAnswer(w, rec)
	}))
	s.addr = strings.TrimPrefix(srv.URL, "http://")
	t.Cleanup(func() {
		close(s.end)
		srv.CloseClientConnections()
		srv.Close()
	})
	return s
}

func copyAnswer(w http.ResponseWriter, rec *httptest.ResponseRecorder) {
	for name, values := range rec.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(rec.Code)
	if rec.Code != http.StatusNoContent {
		w.Write(rec.Body.Bytes())
	}
}

func readBody(r *http.Request) (string, error) {
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
