package send

import (
	"bytes"
	"compress/gzip"
	"io"
	"sync"
)

// Below this gzip costs more than it saves.
const minGzip = 1 << 10

// gzipper is a writer and the memory it writes to.
type gzipper struct {
	buf bytes.Buffer
	w   *gzip.Writer
}

var gzippers = sync.Pool{New: func() any {
	g := new(gzipper)
	g.w, _ = gzip.NewWriterLevel(&g.buf, gzip.BestSpeed) // the level is valid
	return g
}}

// body is what a request sends. The http package may read it still when the
// answer is there, so it is lent out with a lock and taken back by release.
type body struct {
	zipped bool

	mu sync.Mutex
	p  []byte   // guarded by mu; nil when released
	g  *gzipper // nil unless zipped
}

func newBody(payload []byte, compress bool) *body {
	if !compress || len(payload) <= minGzip {
		return &body{p: payload}
	}
	g := gzippers.Get().(*gzipper)
	g.buf.Reset()
	g.w.Reset(&g.buf)
	g.w.Write(payload) // a bytes.Buffer takes everything
	g.w.Close()
	return &body{zipped: true, p: g.buf.Bytes(), g: g}
}

func (b *body) len() int { return len(b.p) }

func (b *body) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.p = nil
	if b.g != nil {
		gzippers.Put(b.g)
		b.g = nil
	}
}

func (b *body) reader() io.ReadCloser { return &bodyReader{b: b} }

type bodyReader struct {
	b   *body
	off int
}

// Read fails after release: the memory is somebody else's then.
func (r *bodyReader) Read(p []byte) (int, error) {
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	if r.b.p == nil {
		return 0, io.ErrClosedPipe
	}
	if r.off == len(r.b.p) {
		return 0, io.EOF
	}
	n := copy(p, r.b.p[r.off:])
	r.off += n
	return n, nil
}

func (r *bodyReader) Close() error { return nil }
