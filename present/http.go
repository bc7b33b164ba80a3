package present

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"net/http"
	"time"

	"monkit.example/internal/webpage"
	"monkit.example/monkit"
	"monkit.example/reporters/prometheus"
	"monkit.example/tracing"
)

// Options configure HTTPWith. The zero value works.
type Options struct {
	// Recorder retains the traces that /traces shows. Without one there is no
	// such page.
	Recorder *tracing.Recorder

	// DecimalIDs has /ps write ids as text in decimal, as monkit/v3 does, instead
	// of in hexadecimal, as logs and all other pages have them.
	DecimalIDs bool

	// Hosts are the names by which users open the pages, without port, besides
	// localhost and IP addresses. Requests by other names see neither arguments
	// nor annotations nor error texts of running functions and traces: such a
	// name may be one that an attacker lets resolve to this server, so that a web
	// page of the attacker can read these pages (DNS rebinding). The name "*"
	// stands for any, for pages behind a check of who asks.
	Hosts []string
}

// HTTP returns a handler that serves the pages of r. If r is nil it serves
// those of monkit.Default.
func HTTP(r *monkit.Registry) http.Handler { return HTTPWith(r, Options{}) }

// HTTPWith is HTTP with options.
func HTTPWith(r *monkit.Registry, o Options) http.Handler {
	if r == nil {
		r = monkit.Default
	}
	return newHandler(r, o)
}

type handler struct {
	registry *monkit.Registry
	opts     Options
	metrics  *prometheus.Handler // serves /metrics
	renderer *renderer           // makes the pages that walk
	spans    *spanCache          // what /ps shows
}

func newHandler(r *monkit.Registry, o Options) handler {
	return handler{registry: r, opts: o, metrics: prometheus.New(r), renderer: newRenderer(), spans: new(spanCache)}
}

// ServeHTTP responds to r, compressed if its client allows that.
func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !webpage.RefusedBody(w, r) {
		webpage.Compress(http.HandlerFunc(h.respond)).ServeHTTP(w, r)
	}
}

func (h handler) respond(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")
	if webpage.RefusedCrossSite(w, r) {
		return
	}
	webpage.SetHeaders(w.Header(), "img-src 'self'")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		h.fail(w, r, pathOf(r), &statusError{code: http.StatusMethodNotAllowed, text: "these pages are read-only; use GET or HEAD"})
		return
	}
	path := pathOf(r)
	if path == "" && redirectToSlash(w, r) {
		return
	}
	v, err := find(path, r.URL.Query(), r.Header["Accept"])
	if err != nil {
		h.fail(w, r, path, err)
		return
	}
	if v.serve != nil {
		v.serve(h, w, r)
		return
	}
	result, contentType, err := h.open(v, request{
		ctx: r.Context(), path: path, query: r.URL.Query(),
		hidden: h.hidden(r),
	})
	if err != nil {
		h.fail(w, r, path, err)
		return
	}
	w.Header().Set("Content-Type", contentType)
	if v.draws {
		webpage.AllowStyle(w.Header(), tracing.SVGStyleSource())
	}
	if r.Method == http.MethodHead { // neither works nor waits
		return
	}
	serve(w, result, writeTimeout(r), func(err error) { h.fail(w, r, path, err) })
}

// hidden returns the walk.hidden of a request.
func (h handler) hidden(r *http.Request) string {
	if webpage.Names(h.opts.Hosts).Trusted(r.Host) {
		return ""
	}
	return cmp.Or(webpage.HiddenText(r.Context()), hiddenText)
}

// writeTimeout returns the write timeout of the server, 0 if it has none.
func writeTimeout(r *http.Request) time.Duration {
	if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok {
		return server.WriteTimeout
	}
	return 0
}

// serve writes a page. While no byte has been sent, it passes an error to fail,
// which responds with it. After that serve aborts the connection, so that the
// client does not take half a page for a whole one.
func serve(w http.ResponseWriter, result Result, timeout time.Duration, fail func(error)) {
	sent := &trackingWriter{w: w}
	// With 64 kB most pages are complete, or have failed, before the first
	// byte is sent.
	out := response{bufio.NewWriterSize(sent, 64<<10), http.NewResponseController(w), timeout}
	err := result(out)
	if err == nil {
		err = out.Writer.Flush()
	}
	switch {
	case err == nil, sent.err != nil: // complete, or the client has disconnected
	case !sent.began:
		fail(err)
	default:
		panic(http.ErrAbortHandler)
	}
}

// response is the writer that a page gets.
type response struct {
	*bufio.Writer
	conn    *http.ResponseController
	timeout time.Duration // write timeout of the server, 0 if it has none
}

// Extend restarts the write timeout of the server d from now. A page that
// waits calls it, so that the server does not cut the page off.
func (r response) Extend(d time.Duration) {
	if r.timeout > 0 {
		r.conn.SetWriteDeadline(time.Now().Add(d + r.timeout)) // a writer without deadlines has no timeout either
	}
}

// Limit bounds how long the client may take to read size bytes, unless the
// server bounds that itself: a client must not occupy memory by reading slowly.
func (r response) Limit(size int) {
	if r.timeout <= 0 {
		r.conn.SetWriteDeadline(time.Now().Add(readTime(size))) // fails only for writers without a connection
	}
}

// readTime is how long a client may take to read size bytes: half a minute, and
// a second for each 128 KiB.
func readTime(size int) time.Duration {
	return 30*time.Second + time.Duration(size)*time.Second/(128<<10)
}

// limitWrite calls Limit, if w has it.
func limitWrite(w io.Writer, size int) {
	if l, ok := w.(interface{ Limit(int) }); ok {
		l.Limit(size)
	}
}

// Flush sends what has been written so far to the client.
func (r response) Flush() error {
	if err := r.Writer.Flush(); err != nil {
		return err
	}
	if err := r.conn.Flush(); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// trackingWriter records whether a write has begun and whether one failed.
type trackingWriter struct {
	w     io.Writer
	began bool
	err   error
}

func (t *trackingWriter) Write(p []byte) (int, error) {
	t.began = true
	n, err := t.w.Write(p)
	if err != nil {
		t.err = err
	}
	return n, err
}

func writeError(w http.ResponseWriter, err error) {
	webpage.Error(w, statusOf(err), err.Error())
}
