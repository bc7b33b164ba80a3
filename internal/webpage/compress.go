package webpage

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
)

// AcceptsGzip reports whether the Accept-Encoding headers of a request allow
// gzip.
func AcceptsGzip(headers []string) bool {
	named, all := -1.0, 0.0 // the qualities of gzip, if it is named, and of *
	for part := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		coding, params, _ := strings.Cut(part, ";")
		key, val, _ := strings.Cut(strings.ToLower(params), "=")
		if strings.TrimSpace(key) != "q" {
			val = ""
		}
		q := Quality(strings.TrimSpace(val))
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			named = max(named, q)
		case "*":
			all = max(all, q)
		}
	}
	if named >= 0 {
		return named > 0
	}
	return all > 0
}

// Compress returns a handler that serves the text of h with gzip if the request
// allows that. It leaves responses alone that have a Content-Encoding or are
// part of a range. A Flush of h flushes the compressed bytes.
func Compress(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &gzipWriter{ResponseWriter: w, allowed: r.Method == http.MethodGet && AcceptsGzip(r.Header["Accept-Encoding"])}
		h.ServeHTTP(c, r) // after a panic the end of the body must be missing
		c.close()
	})
}

// compressors pools gzip writers, each of which takes about a megabyte.
var compressors = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // a valid level
	return z
}}

// gzipWriter compresses a response if request and response allow that.
type gzipWriter struct {
	http.ResponseWriter
	allowed bool         // by the request
	begun   bool         // the headers are written
	z       *gzip.Writer // nil if the response is not compressed
}

// WriteHeader decides whether the response is compressed.
func (g *gzipWriter) WriteHeader(code int) {
	if code >= 200 && !g.begun {
		g.begun = true
		g.decide(code)
	}
	g.ResponseWriter.WriteHeader(code)
}

func (g *gzipWriter) decide(code int) {
	h := g.Header()
	addVary(h)
	if !g.allowed || h.Get("Content-Encoding") != "" || code == http.StatusNoContent || code == http.StatusNotModified ||
		code == http.StatusPartialContent || !isText(h.Get("Content-Type")) {
		return
	}
	h.Set("Content-Encoding", "gzip")
	h.Del("Content-Length")
	h.Del("Accept-Ranges")
	g.z = compressors.Get().(*gzip.Writer)
	g.z.Reset(g.ResponseWriter)
}

// isText reports whether a media type is text, which gzip makes shorter.
func isText(mediaType string) bool {
	mediaType, _, _ = strings.Cut(mediaType, ";")
	return strings.HasPrefix(mediaType, "text/") || strings.HasSuffix(mediaType, "+xml") || strings.HasSuffix(mediaType, "json")
}

// Write compresses p if the headers allow that.
func (g *gzipWriter) Write(p []byte) (int, error) {
	if !g.begun {
		if g.Header().Get("Content-Type") == "" {
			g.Header().Set("Content-Type", http.DetectContentType(p))
		}
		g.WriteHeader(http.StatusOK)
	}
	if g.z == nil {
		return g.ResponseWriter.Write(p)
	}
	return g.z.Write(p)
}

// FlushError sends what has been written so far.
func (g *gzipWriter) FlushError() error {
	if !g.begun {
		g.WriteHeader(http.StatusOK)
	}
	if g.z != nil {
		if err := g.z.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(g.ResponseWriter).Flush()
}

// Unwrap lets an http.ResponseController find the connection.
func (g *gzipWriter) Unwrap() http.ResponseWriter { return g.ResponseWriter }

// close writes the end of the compressed body.
func (g *gzipWriter) close() {
	if g.z == nil {
		return
	}
	g.z.Close() // fails only if the client has disconnected
	g.z.Reset(io.Discard)
	compressors.Put(g.z)
}

// addVary adds Accept-Encoding to the header Vary, unless it is there.
func addVary(h http.Header) {
	if vary := h.Get("Vary"); vary == "" {
		h.Set("Vary", "Accept-Encoding")
	} else if !strings.Contains(vary, "Accept-Encoding") {
		h.Set("Vary", vary+", Accept-Encoding")
	}
}
