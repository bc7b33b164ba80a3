package present

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"monkit.example/internal/loglimit"
	"monkit.example/internal/safelog"
	"monkit.example/internal/webpage"
)

// maxRendered is how many pages of this process are in memory at a time.
// Requests for further ones wait.
const maxRendered = 8

// maxRoomWait is how long a request waits for others to be read.
const maxRoomWait = 10 * time.Second

// inMemory has an element for each page in memory.
var inMemory = make(chan struct{}, maxRendered)

// maxHanging is how many walks of one page of a handler may take longer than
// webpage.MaxWalkTime. They end when the source that hangs returns, which may be
// never.
const maxHanging = 2

// renderer makes pages in memory, so that the speed of a client does not affect
// the walk. A request for a page that is just being made shares it.
type renderer struct {
	mu      sync.Mutex
	making  map[string]*rendering // guarded by mu; by key; those that are not done
	walking map[*rendering]bool   // guarded by mu; those whose walk has not returned
}

// rendering is a page that is being made, or that clients read.
type rendering struct {
	name    string        // of the page, among those of the handler
	key     string        // of the page, its form, its query and its readers
	done    chan struct{} // closed when the page is made
	page    pageBuffer    // set before done is closed
	err     error         // set before done is closed
	ctx     context.Context
	abandon context.CancelFunc // ends ctx

	readers int       // guarded by renderer.mu; requests that wait for the page or read it
	counted bool      // guarded by renderer.mu; the page has an element in inMemory
	began   time.Time // guarded by renderer.mu; when its walk began
}

func newRenderer() *renderer {
	return &renderer{making: make(map[string]*rendering), walking: make(map[*rendering]bool)}
}

// fill writes a page. It ends early if its context does.
type fill func(context.Context, io.Writer) error

// write writes the form of the page called name that key stands for to w. It
// returns the errors of w and of the page, and an error if ctx ends before the
// page is made. Unless such a page is just being made, fill is called on another
// goroutine, with a context that ends when no request waits for the page any more.
func (r *renderer) write(ctx context.Context, name, key string, w io.Writer, fill fill) error {
	p, err := r.get(ctx, name, key, fill)
	if err != nil {
		return err
	}
	defer r.leave(p)
	limitWrite(w, p.page.size)
	return p.page.writeTo(w, time.Now().Add(readTime(p.page.size)))
}

// get returns a page that is made. The caller calls leave when it has read it.
func (r *renderer) get(ctx context.Context, name, key string, fill fill) (*rendering, error) {
	p, first := r.join(ctx, name, key)
	if first {
		go r.make(p, fill) // so that this request ends with ctx, even if the walk hangs
	}
	select {
	case <-p.done:
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		r.leave(p)
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
func (r *renderer) join(ctx context.Context, name, key string) (p *rendering, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, ok := r.making[key]
	if !ok {
		p = &rendering{name: name, key: key, done: make(chan struct{})}
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
	defer r.forget(p)
	if p.err = r.reserve(p); p.err != nil {
		return
	}
	walk, err := webpage.BeginWalk(p.ctx)
	if err != nil {
		p.err = err
		return
	}
	defer walk.End()
	if p.err = r.begin(p); p.err != nil {
		return
	}
	p.err = errPanicked // until fill returns
	defer func() {
		if rec := recover(); p.err == errPanicked {
			logPanic(p.name, rec)
		}
	}()
	p.err = fill(p.ctx, &p.page)
}

// forget ends what others know of the making of p.
func (r *renderer) forget(p *rendering) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgetLocked(p)
	delete(r.walking, p)
}

// reserve waits until there is room in memory for p. Pages that clients read
// slowly leave none, so it waits for maxRoomWait at most.
func (r *renderer) reserve(p *rendering) error {
	if err := r.hanging(p); err != nil {
		return err
	}
	timer := time.NewTimer(maxRoomWait)
	defer timer.Stop()
	select {
	case inMemory <- struct{}{}:
	case <-timer.C:
		return busy("%d pages are being made or read; try again later", maxRendered)
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
	if !r.count(p) {
		return p.ctx.Err()
	}
	return nil
}

// hanging returns an error if too many walks of the page of p hang.
func (r *renderer) hanging(p *rendering) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hangingLocked(p)
}

func (r *renderer) hangingLocked(p *rendering) error {
	n := 0
	for other := range r.walking {
		if other.name == p.name && time.Since(other.began) >= webpage.MaxWalkTime {
			n++
		}
	}
	if n < maxHanging {
		return nil
	}
	return unavailable("a walk does not return: %d of /%s have taken longer than %s; a gauge or another source of this program "+
		"hangs, and its goroutines, as net/http/pprof shows them, say which", n, p.name, webpage.MaxWalkTime)
}

// begin notes that the walk of p begins, unless too many hang.
func (r *renderer) begin(p *rendering) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.hangingLocked(p); err != nil {
		return err
	}
	p.began = time.Now()
	r.walking[p] = true
	return nil
}

// errPanicked has no text of the program, which its reader may be unable to see.
var errPanicked = errors.New("the page panicked; see the log of the program")

// panicLog limits log records of pages that panicked.
var panicLog struct {
	mu    sync.Mutex
	limit loglimit.Limit // guarded by mu
}

// logPanic logs what the caller has recovered from: nil after runtime.Goexit.
func logPanic(name string, value any) {
	panicLog.mu.Lock()
	more, ok := panicLog.limit.Allow(time.Now())
	panicLog.mu.Unlock()
	if ok {
		safelog.Wrap(slog.Default()).Error("a page panicked", "page", "/"+name, "panic", fmt.Sprint(value), "more", more, "stack", string(debug.Stack()))
	}
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
