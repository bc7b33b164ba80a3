package send

import (
	"bytes"
	"compress/gzip"
	"io"
	"sync"
)

// minGzip is the size up to which a body is not compressed, since that would
// cost more than it saves.
const minGzip = 1 << 10

// requestBody is the body of an HTTP request. net/http may read it even after
// the response has arrived, when the memory is used again: release makes later
// reads fail.
type requestBody struct {
	gzipped bool // set once by newRequestBody

	mu sync.Mutex
	p  []byte   // guarded by mu; nil after release
	z  *gzipper // guarded by mu; holds p if that is compressed
}

// gzipper is a compressor with the memory that it writes to.
type gzipper struct {
	buf bytes.Buffer
	w   *gzip.Writer
}

var gzippers = sync.Pool{New: func() any {
	z := new(gzipper)
	z.w, _ = gzip.NewWriterLevel(&z.buf, gzip.BestSpeed) // only an invalid level is an error
	return z
}}

// newRequestBody returns a body that refers to payload, or to memory of a
// gzipper if it is compressed. The caller must call release.
func newRequestBody(payload []byte, compress bool) *requestBody {
	if !compress || len(payload) <= minGzip {
		return &requestBody{p: payload}
	}
	z := gzippers.Get().(*gzipper)
	z.buf.Reset()
	z.w.Reset(&z.buf)
	z.w.Write(payload) // writes to a bytes.Buffer do not fail
	z.w.Close()
	return &requestBody{gzipped: true, p: z.buf.Bytes(), z: z}
}

// len is called before the request is sent, so that it needs no lock.
func (b *requestBody) len() int { return len(b.p) }

func (b *requestBody) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.p = nil
	if b.z != nil {
		gzippers.Put(b.z)
		b.z = nil
	}
}

// reader returns a reader of the whole body. net/http asks for a second one if
// it sends the request again.
func (b *requestBody) reader() io.ReadCloser { return &bodyReader{b: b} }

type bodyReader struct {
	b   *requestBody
	off int
}

// Read fails after release, when other code uses the memory.
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
