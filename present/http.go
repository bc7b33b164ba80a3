package present

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"time"

	"monkit.example/internal/webpage"
	"monkit.example/monkit"
	"monkit.example/tracing"
)

// Options tune HTTPWith. The zero value works.
type Options struct {
	// Recorder keeps the traces that /traces shows. Nil means that there is no
	// such page.
	Recorder *tracing.Recorder
}

// HTTP serves the pages of r; nil is monkit.Default.
func HTTP(r *monkit.Registry) http.Handler { return HTTPWith(r, Options{}) }

// HTTPWith is HTTP with options.
func HTTPWith(r *monkit.Registry, o Options) http.Handler {
	if r == nil {
		r = monkit.Default
	}
	return handler{r, o}
}

type handler struct {
	registry *monkit.Registry
	opts     Options
}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	webpage.SetHeaders(w.Header(), "img-src 'self'")
	w.Header().Set("Vary", "Accept")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		fail(w, &statusError{http.StatusMethodNotAllowed, "these pages are only read"})
		return
	}
	path := pathOf(r)
	if path == "" && redirectToSlash(w, r) {
		return
	}
	result, contentType, err := h.open(r.Context(), path, r.URL.Query(), preference(r.Header["Accept"]))
	if err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", contentType)
	serve(w, result, writeTimeout(r))
}

// writeTimeout is that of the server, 0 if it has none.
func writeTimeout(r *http.Request) time.Duration {
	if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok {
		return server.WriteTimeout
	}
	return 0
}

// serve answers with a real status as long as nothing was sent, and breaks
// the connection after that, so that half a page is not taken for a whole.
func serve(w http.ResponseWriter, result Result, timeout time.Duration) {
	sent := &sentry{w: w}
	// Large enough that most failures come before the first byte.
	out := response{bufio.NewWriterSize(sent, 64<<10), http.NewResponseController(w), timeout}
	err := result(out)
	if err == nil {
		err = out.Writer.Flush()
	}
	switch {
	case err == nil, sent.err != nil: // all is said, or nobody listens
	case !sent.began:
		fail(w, err)
	default:
		panic(http.ErrAbortHandler)
	}
}

// response is what a page is written to.
type response struct {
	*bufio.Writer
	conn    *http.ResponseController
	timeout time.Duration // for writing, 0 if there is none
}

// Extend has the time for writing begin d from now: pages that wait for
// something are not to be cut off meanwhile.
func (r response) Extend(d time.Duration) {
	if r.timeout > 0 {
		r.conn.SetWriteDeadline(time.Now().Add(d + r.timeout)) // a writer without deadlines has no timeout either
	}
}

// Flush gets what was written so far to the asker.
func (r response) Flush() error {
	if err := r.Writer.Flush(); err != nil {
		return err
	}
	if err := r.conn.Flush(); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// sentry knows whether writing began, and whether it failed.
type sentry struct {
	w     io.Writer
	began bool
	err   error
}

func (s *sentry) Write(p []byte) (int, error) {
	s.began = true
	n, err := s.w.Write(p)
	if err != nil {
		s.err = err
	}
	return n, err
}

func fail(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", typeText)
	w.WriteHeader(statusOf(err))
	io.WriteString(w, err.Error()+"\n")
}
