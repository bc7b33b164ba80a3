package listen

import (
	"sync"
	"unsafe"
)

// ring passes whole lines from many readers, which call offer or put, to one
// goroutine that takes all of them at once. It consists of two buffers that
// change places, so lines are copied once.
type ring struct {
	max int // bytes, except for a single larger offer

	mu sync.Mutex
	// Guarded by mu.
	fill     []byte // lines to take
	parts    []part // of fill
	most     int    // largest len(fill) so far
	waiting  int    // puts that wait for room
	delaying bool   // take delays: it need not be woken until there is enough
	closed   bool
	underuse underuse
	emptied  sync.Cond // fill was taken; its L is mu

	wake chan struct{} // holds one signal for take to look again

	// Owned by take.
	taken []part // of the lines that the last take returned
	delay delayer
	due   bool // the next take delays
}

// part is lines of one sender that follow each other. It begins where the one
// before ends.
type part struct {
	end  int
	from Sender
}

// partBytes counts as much as so many bytes of lines, if there is another part.
const partBytes = int(unsafe.Sizeof(part{}))

const (
	// minRing is the size with which a buffer starts and the smallest to which
	// it shrinks.
	minRing = 64 << 10
	// enough bytes are worth waking take: one batch of lines to decode.
	enough = 64 << 10
)

func newRing(max int) *ring {
	r := &ring{max: max, wake: make(chan struct{}, 1)}
	if max >= 4*enough { // a smaller ring might fill up during a delay
		r.delay.length = maxDelay
	}
	r.emptied.L = &r.mu
	return r
}

// offer adds whole lines, the last of which may lack its end. It returns false
// if there is no room for them.
func (r *ring) offer(lines []byte, from Sender) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.fitsLocked(lines, from) {
		return false
	}
	r.appendLocked(lines, from)
	return true
}

// put is an offer that waits for room, until take makes some.
func (r *ring) put(lines []byte, from Sender) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.fitsLocked(lines, from) {
		r.waiting++
		r.notify()
		r.emptied.Wait()
		r.waiting--
	}
	r.appendLocked(lines, from)
}

// fitsLocked reports whether there is room. An empty ring has room for
// anything.
func (r *ring) fitsLocked(lines []byte, from Sender) bool {
	if len(r.fill) == 0 {
		return true
	}
	more := withEnd(lines)
	if !r.continuesLocked(from) {
		more += partBytes
	}
	return r.sizeLocked()+more <= r.max
}

// continuesLocked reports whether the newest part is of the sender.
func (r *ring) continuesLocked(from Sender) bool {
	return len(r.parts) > 0 && r.parts[len(r.parts)-1].from == from
}

// sizeLocked returns how many bytes wait, with those that the senders need.
func (r *ring) sizeLocked() int { return len(r.fill) + max(len(r.parts)-1, 0)*partBytes }

func (r *ring) appendLocked(lines []byte, from Sender) {
	before := len(r.fill)
	r.growLocked(before + withEnd(lines))
	r.fill = append(r.fill, lines...)
	if withEnd(lines) > len(lines) {
		r.fill = append(r.fill, '\n')
	}
	if !r.continuesLocked(from) {
		r.parts = append(r.parts, part{from: from})
	}
	r.parts[len(r.parts)-1].end = len(r.fill)
	r.most = max(r.most, r.sizeLocked())
	if before == 0 && !r.delaying || before < enough && len(r.fill) >= enough {
		r.notify()
	}
}

// notify wakes take, or keeps it from going to sleep.
func (r *ring) notify() {
	select {
	case r.wake <- struct{}{}:
	default: // take has not seen the signal before
	}
}

// growLocked makes room for n bytes. It doubles the buffer, but not beyond max
// unless n needs that.
func (r *ring) growLocked(n int) {
	if n <= cap(r.fill) {
		return
	}
	size := max(min(max(2*cap(r.fill), minRing), r.max), n)
	r.fill = append(make([]byte, 0, size), r.fill...)
}

// take waits for lines and returns all of them, whose senders are in taken. They are
// valid until the next take, to which the caller returns them as free. ok is false when the ring is
// closed and empty. Lines that arrive after a pause are returned at once, small
// amounts in quick succession after a delay.
func (r *ring) take(free []byte) (lines []byte, ok bool) {
	if r.due {
		r.sleep()
	}
	r.delay.begin()
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.fill) == 0 {
		if r.closed {
			return nil, false
		}
		r.mu.Unlock()
		<-r.wake
		r.mu.Lock()
	}
	r.due = r.delay.end(len(r.fill) < enough)
	parts := r.taken[:0]
	lines, r.fill = r.fill, r.reuseLocked(free)
	if r.fill == nil {
		parts = nil
	}
	r.taken, r.parts = r.parts, parts
	r.emptied.Broadcast()
	return lines, true
}

// sleep returns after the delay, or sooner if there is enough to take, a put
// waits for room, or the ring is closed.
func (r *ring) sleep() {
	over := r.delay.start()
	for r.setDelaying(true) {
		select {
		case <-r.wake:
		case <-over:
			r.setDelaying(false)
			return
		}
	}
}

// setDelaying sets delaying to want if a delay is allowed, else to false, and
// returns it.
func (r *ring) setDelaying(want bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delaying = want && len(r.fill) < enough && r.waiting == 0 && !r.closed
	return r.delaying
}

// reuseLocked returns the buffer to fill next: free, or none if free has been
// far too large for a while, as it is after a burst. The two buffers are then
// released by one take after the other.
func (r *ring) reuseLocked(free []byte) []byte {
	if r.underuse.tooLarge(len(r.fill), cap(free), minRing) {
		return nil
	}
	return free[:0]
}

// usage returns how many bytes wait, and the most that ever did.
func (r *ring) usage() (now, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sizeLocked(), r.most
}

// close makes take return what is left and then false. No offer or put may
// follow.
func (r *ring) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.notify()
}

// underuse counts how many times in a row less than a quarter of a buffer was
// used.
type underuse int

// underuseLimit times in a row is no coincidence.
const underuseLimit = 64

// tooLarge records that used bytes of a buffer of that size were needed, and
// reports whether the buffer is too large. One of the least size never is.
func (u *underuse) tooLarge(used, size, least int) bool {
	if used > size/4 || size <= least {
		*u = 0
		return false
	}
	*u++
	return *u >= underuseLimit
}
