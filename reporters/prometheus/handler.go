package prometheus

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"monkit.example/collect"
	"monkit.example/internal/webpage"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// Options configure a Handler and an Encoder. The zero value works.
type Options struct {
	// Prefix goes before the name of every metric, such as "vlite". Empty means
	// none.
	Prefix string
	// Without are fields that are not shown, such as "r95" and "r999".
	Without []string
}

const (
	// maxRequests is how many requests are served at a time. Each has a page in
	// memory. A server scrapes once at a time, and few servers scrape a program.
	maxRequests = 8
	// spareBuffers is how many pages are kept in memory for the next requests.
	spareBuffers = 2
	// writeTimeout is how long a client may take to read a page. A client that
	// takes longer is disconnected, so that it does not occupy a request.
	writeTimeout = 30 * time.Second
)

// A Handler serves the present values of a source as a page for Prometheus. Each
// request walks the source once. It is safe for concurrent use, and beside
// collectors of the same source. It is a StatSource of its own counts, which are
// on its page. A page has as many samples as the source: see
// Registry.LimitSources for how many a scope of a registry has.
type Handler struct {
	requests chan struct{} // has an element for each request in progress
	buffers  chan []byte
	counts   counts

	walking chan struct{} // has an element while walker, batch and encoder are in use
	walker  *collect.Walker
	batch   reporters.Batch
	encoder *Encoder
}

// New returns a Handler of src. A nil src means monkit.Default.
//
//	http.Handle("/metrics", prometheus.New(monkit.Default))
func New(src monkit.StatSource) *Handler { return NewWith(src, Options{}) }

// NewWith is New with options.
func NewWith(src monkit.StatSource, o Options) *Handler {
	if r, ok := src.(*monkit.Registry); src == nil || ok && r == nil {
		src = monkit.Default
	}
	h := &Handler{
		requests: make(chan struct{}, maxRequests),
		buffers:  make(chan []byte, spareBuffers),
		walking:  make(chan struct{}, 1),
		encoder:  NewEncoder(o),
	}
	h.walker = collect.NewWalker(both{src, h}, o.Without...)
	return h
}

// ServeHTTP responds with a page in the format that the request asks for: by the
// query parameter format, which is text or openmetrics, or else by its Accept
// header.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if name := r.URL.Query().Get("format"); name != "" {
		f, ok := ParseFormat(name)
		if !ok {
			reject(w, http.StatusBadRequest, fmt.Sprintf("format %q is not known; write text or openmetrics", name))
			return
		}
		h.Serve(w, r, f)
		return
	}
	h.Serve(w, r, Negotiate(r.Header["Accept"]))
}

// Serve responds with a page in the format f, compressed if the request allows
// that.
func (h *Handler) Serve(w http.ResponseWriter, r *http.Request, f Format) {
	if webpage.RefusedBody(w, r) || webpage.RefusedCrossSite(w, r) {
		return
	}
	switch r.Method {
	case http.MethodGet:
	case http.MethodHead:
		setHeaders(w.Header(), f)
		return
	default:
		w.Header().Set("Allow", "GET, HEAD")
		reject(w, http.StatusMethodNotAllowed, "this page is read-only; use GET or HEAD")
		return
	}
	select {
	case h.requests <- struct{}{}:
		defer func() { <-h.requests }()
	default:
		h.counts.busy.Add(1)
		w.Header().Set("Retry-After", "1")
		reject(w, http.StatusServiceUnavailable, fmt.Sprintf("%d requests are being served; try again later", maxRequests))
		return
	}
	page, err := h.append(r.Context(), h.buffer(), f)
	if err != nil {
		return // the client has disconnected
	}
	defer h.release(page)
	setHeaders(w.Header(), f)
	limitWrite(w, r)
	if webpage.AcceptsGzip(r.Header["Accept-Encoding"]) {
		w.Header().Set("Content-Encoding", "gzip")
		writeCompressed(w, page)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(page)))
	w.Write(page) // fails only if the client has disconnected
}

// Write writes a page to w. It returns the errors of w, and that of ctx if ctx
// ends while another page is being made.
func (h *Handler) Write(ctx context.Context, w io.Writer, f Format) error {
	page, err := h.append(ctx, h.buffer(), f)
	if err != nil {
		return err
	}
	defer h.release(page)
	_, err = w.Write(page)
	return err
}

// append walks the source and appends the page. Only one goroutine at a time
// does so; the others wait until ctx ends.
func (h *Handler) append(ctx context.Context, dst []byte, f Format) ([]byte, error) {
	select {
	case h.walking <- struct{}{}:
		defer func() { <-h.walking }()
	case <-ctx.Done():
		h.release(dst)
		return nil, fmt.Errorf("wait for another page to be made: %w", ctx.Err())
	}
	walk, err := webpage.BeginWalk(ctx)
	if err != nil {
		h.release(dst)
		return nil, err
	}
	start := time.Now()
	panicked := h.walker.Walk(&h.batch, start)
	walk.End()
	defer h.batch.Reset()
	walked := time.Since(start)
	page, n := h.encoder.AppendBatch(dst, &h.batch, f)
	h.counts.set(n, walked, len(page), h.walker.Duplicates(), panicked)
	return page, nil
}

// buffer returns an empty buffer, with the memory of an earlier page if there is
// one.
func (h *Handler) buffer() []byte {
	select {
	case b := <-h.buffers:
		return b[:0]
	default:
		return nil
	}
}

func (h *Handler) release(b []byte) {
	if cap(b) == 0 {
		return
	}
	select {
	case h.buffers <- b:
	default:
	}
}

func setHeaders(h http.Header, f Format) {
	webpage.SetHeaders(h, "")
	h.Set("Vary", "Accept, Accept-Encoding")
	h.Set("Content-Type", f.ContentType())
}

func reject(w http.ResponseWriter, status int, text string) {
	webpage.SetHeaders(w.Header(), "")
	webpage.Error(w, status, text)
}

// limitWrite bounds how long the client may take to read the page, unless the
// server does. The server removes the bound before the next request of the
// connection.
func limitWrite(w http.ResponseWriter, r *http.Request) {
	if s, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && s.WriteTimeout <= 0 {
		http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout)) // fails only for writers without a connection
	}
}

// compressors has unused ones, which are large.
var compressors = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level exists
	}
	return z
}}

func writeCompressed(w io.Writer, page []byte) {
	z := compressors.Get().(*gzip.Writer)
	defer compressors.Put(z)
	z.Reset(w)
	defer z.Reset(nil) // keeps no response in the pool
	if _, err := z.Write(page); err == nil {
		z.Close() // fails only if the client has disconnected, as Write does
	}
}
