package webpage

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAcceptsGzip(t *testing.T) {
	for _, tt := range []struct {
		headers []string
		want    bool
	}{
		{nil, false}, {[]string{""}, false}, {[]string{"identity"}, false}, {[]string{"deflate, br"}, false},
		{[]string{"gzip"}, true}, {[]string{"x-gzip"}, true}, {[]string{"GZIP"}, true}, {[]string{"deflate", "gzip;q=0.1"}, true},
		{[]string{"*"}, true}, {[]string{"*;q=0"}, false}, {[]string{"gzip;q=0"}, false}, {[]string{"gzip ; q = 0.0"}, false},
		{[]string{"*, gzip;q=0"}, false}, {[]string{"gzip;q=0, *"}, false}, {[]string{"*;q=0, gzip"}, true}, {[]string{"gzip;q=x"}, false},
		{[]string{"gzippy"}, false},
	} {
		if got := AcceptsGzip(tt.headers); got != tt.want {
			t.Errorf("AcceptsGzip(%q) = %v", tt.headers, got)
		}
	}
}

// get returns the response of h, whose body it does not decompress.
func get(t *testing.T, h http.HandlerFunc, method, encoding string) (*http.Response, string) {
	t.Helper()
	server := httptest.NewServer(Compress(h))
	defer server.Close()
	r, err := http.NewRequest(method, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", encoding)
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func unzip(t *testing.T, body string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTextIsCompressed(t *testing.T) {
	const text = "text text text text"
	write := func(kind string, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if kind != "" {
				w.Header().Set("Content-Type", kind)
			}
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			io.WriteString(w, text)
		}
	}
	for _, tt := range []struct {
		name, method, encoding string
		h                      http.HandlerFunc
		want                   bool
	}{
		{"HTML", "GET", "gzip", write("text/html; charset=utf-8"), true},
		{"JSON", "GET", "gzip", write("application/json"), true},
		{"SVG", "GET", "gzip, br", write("image/svg+xml"), true},
		{"type that is detected", "GET", "gzip", write(""), true},
		{"length that the handler set", "GET", "gzip", write("text/plain", "Content-Length", "19"), true},
		{"image", "GET", "gzip", write("image/png"), false},
		{"request without gzip", "GET", "identity", write("text/html"), false},
		{"response with an encoding", "GET", "gzip", write("text/html", "Content-Encoding", "identity"), false},
		{"HEAD", "HEAD", "gzip", write("text/html"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, body := get(t, tt.h, tt.method, tt.encoding)
			if got := resp.Header.Get("Content-Encoding") == "gzip"; got != tt.want {
				t.Fatalf("compressed: %v", got)
			}
			if tt.want {
				body = unzip(t, body)
			}
			if body != text && tt.method == "GET" {
				t.Errorf("the body is %q", body)
			}
			if got := resp.Header.Get("Vary"); got != "Accept-Encoding" {
				t.Errorf("Vary is %q", got)
			}
		})
	}
}

func TestResponsesThatMustNotBeCompressed(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"no content":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"not modified": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) },
		"part": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, "part")
		},
	} {
		resp, body := get(t, h, "GET", "gzip")
		if resp.Header.Get("Content-Encoding") != "" || body != "" && body != "part" {
			t.Errorf("%s: %v %q", name, resp.Header, body)
		}
	}
}

func TestVaryKeepsOtherHeaders(t *testing.T) {
	for before, want := range map[string]string{
		"": "Accept-Encoding", "Accept": "Accept, Accept-Encoding", "Accept, Accept-Encoding": "Accept, Accept-Encoding",
	} {
		h := http.Header{}
		if before != "" {
			h.Set("Vary", before)
		}
		if addVary(h); h.Get("Vary") != want {
			t.Errorf("Vary %q becomes %q, want %q", before, h.Get("Vary"), want)
		}
	}
}

func TestFlushSendsCompressedBytes(t *testing.T) {
	more := make(chan struct{})
	server := httptest.NewServer(Compress(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "first ")
		http.NewResponseController(w).Flush()
		<-more
		io.WriteString(w, "second")
	})))
	defer server.Close()
	resp, err := server.Client().Get(server.URL) // decompresses
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first := make([]byte, 6)
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "first " {
		t.Errorf("before the end: %q, %v", first, err)
	}
	close(more)
	if rest, err := io.ReadAll(resp.Body); string(rest) != "second" || !resp.Uncompressed {
		t.Errorf("the rest is %q, %v", rest, err)
	}
}

// A client must not take half a page for a whole one.
func TestAbortedResponseHasNoEnd(t *testing.T) {
	server := httptest.NewServer(Compress(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.Copy(w, bytes.NewReader(make([]byte, 1<<20)))
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})))
	defer server.Close()
	resp, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the error is %v", err)
	}
}
