package listen

import (
	"bytes"
	"context"
	"sync"
)

// ring is where readers put whole lines and one taker gets them all at once.
// It is two buffers that change places: what is taken is never copied again.
type ring struct {
	max int // bytes

	mu     sync.Mutex
	fill   []byte        // guarded by mu
	most   int           // that fill ever held; guarded by mu
	ended  bool          // no more puts; guarded by mu
	change chan struct{} // holds a token when fill or ended changed

	room chan struct{} // closed and made anew when fill was taken; guarded by mu
}

func newRing(max int) *ring {
	return &ring{max: max, change: make(chan struct{}, 1), room: make(chan struct{})}
}

// offer puts in whole lines, or returns false if they do not fit.
func (r *ring) offer(lines []byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended || len(r.fill) > 0 && len(r.fill)+len(lines) > r.max {
		return false
	}
	r.append(lines)
	return true
}

// append adds lines, the last of which may lack its end. The caller holds mu.
func (r *ring) append(lines []byte) {
	r.fill = append(r.fill, lines...)
	if lines[len(lines)-1] != '\n' {
		r.fill = append(r.fill, '\n')
	}
	r.most = max(r.most, len(r.fill))
	select {
	case r.change <- struct{}{}:
	default: // the taker has not seen the last one yet
	}
}

// put is offer for those who can wait for room.
func (r *ring) put(ctx context.Context, lines []byte) bool {
	for !r.offer(lines) {
		r.mu.Lock()
		room, ended := r.room, r.ended
		r.mu.Unlock()
		if ended {
			return false
		}
		select {
		case <-room:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// take waits for lines and returns all there are. free is what the take
// before returned, which is void from here on. ok is false at the end.
func (r *ring) take(free []byte) (lines []byte, ok bool) {
	for {
		r.mu.Lock()
		if len(r.fill) > 0 {
			lines, r.fill = r.fill, free[:0]
			close(r.room)
			r.room = make(chan struct{})
			r.mu.Unlock()
			return lines, true
		}
		ended := r.ended
		r.mu.Unlock()
		if ended {
			return nil, false
		}
		<-r.change
	}
}

// level is how many bytes wait, and the most that ever did.
func (r *ring) level() (now, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.fill), r.most
}

// end lets the taker have what is left and then its end.
func (r *ring) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	select {
	case r.change <- struct{}{}:
	default:
	}
}

// countLines is how many lines p holds, empty ones left out.
func countLines(p []byte) int64 {
	var n int64
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			end = len(p)
		}
		if end > 1 || end == 1 && p[0] != '\r' {
			n++
		}
		p = p[min(end+1, len(p)):]
	}
	return n
}
