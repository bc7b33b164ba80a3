package present

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"monkit.example/internal/webpage"
)

// maxRendered is how many pages of this process are in memory at a time.
// Requests for further ones wait.
const maxRendered = 8

// inMemory has an element for each page in memory.
var inMemory = make(chan struct{}, maxRendered)

// renderer makes pages in memory, so that the speed of a client affects neither
// the walk nor other clients. A request for a page that is just being made
// shares it.
type renderer struct {
	mu     sync.Mutex
	making map[string]*rendering // guarded by mu; by key; those that are not done
}

// rendering is a page that is being made, or that clients read.
type rendering struct {
	key     string
	done    chan struct{} // closed when the page is made
	page    pageBuffer    // set before done is closed
	err     error         // set before done is closed
	ctx     context.Context
	abandon context.CancelFunc // ends ctx

	readers int  // guarded by renderer.mu; requests that wait for the page or read it
	counted bool // guarded by renderer.mu; the page has an element in inMemory
}

func newRenderer() *renderer {
	return &renderer{making: make(map[string]*rendering)}
}

// fill writes a page. It ends early if its context does.
type fill func(context.Context, io.Writer) error

// write writes the page called key to w. It returns the errors of w and of the
// page, and an error if ctx ends before the page is made. Unless such a page is
// just being made, it calls fill, whose context ends when no request waits for
// the page any more.
func (r *renderer) write(ctx context.Context, key string, w io.Writer, fill fill) error {
	p, err := r.get(ctx, key, fill)
	if err != nil {
		return err
	}
	defer r.leave(p)
	limitWrite(w, p.page.size)
	return p.page.writeTo(w, time.Now().Add(readTime(p.page.size)))
}

// get returns a page that is made. The caller calls leave when it has read it.
func (r *renderer) get(ctx context.Context, key string, fill fill) (*rendering, error) {
	p, first := r.join(ctx, key)
	stayed := context.AfterFunc(ctx, func() { r.leave(p) })
	if first {
		r.make(p, fill) // also for the others, if this request ends
	}
	select {
	case <-p.done:
	case <-ctx.Done():
	}
	if !stayed() {
		return nil, unavailable("the request ended while it waited for the page: %v", context.Cause(ctx))
	}
	if p.err != nil {
		r.leave(p)
		return nil, p.err
	}
	return p, nil
}

// join returns the page that is being made for key. If there is none, it returns
// a new one and true, and the caller must make it.
func (r *renderer) join(ctx context.Context, key string) (p *rendering, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, ok := r.making[key]
	if !ok {
		p = &rendering{key: key, done: make(chan struct{})}
		p.ctx, p.abandon = context.WithCancel(context.WithoutCancel(ctx))
		r.making[key] = p
	}
	p.readers++
	return p, !ok
}

// leave ends the interest of one request in p.
func (r *renderer) leave(p *rendering) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.readers--; p.readers > 0 {
		return
	}
	p.abandon()
	r.forgetLocked(p)
	if p.counted {
		p.counted = false
		<-inMemory
	}
}

// forgetLocked makes the next request for the page begin a new one.
func (r *renderer) forgetLocked(p *rendering) {
	if r.making[p.key] == p {
		delete(r.making, p.key)
	}
}

// make makes p when there is room in memory for it and few others walk.
func (r *renderer) make(p *rendering, fill fill) {
	defer close(p.done)
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.forgetLocked(p)
	}()
	select {
	case inMemory <- struct{}{}:
	case <-p.ctx.Done():
		p.err = p.ctx.Err()
		return
	}
	if !r.count(p) {
		p.err = p.ctx.Err()
		return
	}
	walk, err := webpage.BeginWalk(p.ctx)
	if err != nil {
		p.err = err
		return
	}
	defer walk.End()
	defer func() {
		if rec := recover(); rec != nil {
			p.err = fmt.Errorf("the page panicked: %v", rec)
		}
	}()
	p.err = fill(p.ctx, &p.page)
}

// count notes that p is in memory, or returns false if no request waits for it.
func (r *renderer) count(p *rendering) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.counted = p.readers > 0; !p.counted {
		<-inMemory
	}
	return p.counted
}

// pageBuffer is a page in pieces, so that it grows without being copied.
type pageBuffer struct {
	pieces [][]byte
	size   int
}

const pieceSize = 64 << 10

var errSlowReader = errors.New("the client reads too slowly")

// Write implements io.Writer. It never fails.
func (b *pageBuffer) Write(p []byte) (int, error) {
	n := len(p)
	b.size += n
	for len(p) > 0 {
		last := len(b.pieces) - 1
		if last < 0 || len(b.pieces[last]) == cap(b.pieces[last]) {
			b.pieces = append(b.pieces, make([]byte, 0, pieceSize))
			last++
		}
		free := cap(b.pieces[last]) - len(b.pieces[last])
		part := p[:min(len(p), free)]
		b.pieces[last] = append(b.pieces[last], part...)
		p = p[len(part):]
	}
	return n, nil
}

// writeTo writes the page to w, and gives up after deadline.
func (b *pageBuffer) writeTo(w io.Writer, deadline time.Time) error {
	for _, piece := range b.pieces {
		if time.Now().After(deadline) {
			return errSlowReader
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}
