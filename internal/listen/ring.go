package listen

import "sync"

// ring is where readers put whole lines and one taker gets them all at once.
// It is two buffers that change places: what is taken is never copied again.
type ring struct {
	max int // bytes, unless a single offer is larger

	mu      sync.Mutex
	emptied sync.Cond // fill was taken
	fill    []byte    // guarded by mu
	most    int       // that fill ever held; guarded by mu
	waiting int       // puts that wait for room; guarded by mu
	resting bool      // the taker does; guarded by mu
	ended   bool      // guarded by mu
	sparse  sparse    // guarded by mu

	wake chan struct{} // holds one word to the taker to look again

	// Owned by take.
	delay delayer
	due   bool // the next take delays
}

const (
	// minRing is what a buffer of the ring starts with and is never shrunk below.
	minRing = 64 << 10
	// enough to be worth waking the taker: one batch of lines to decode.
	enough = 64 << 10
)

func newRing(max int) *ring {
	r := &ring{max: max, wake: make(chan struct{}, 1)}
	if max >= 4*enough { // or resting might cost an offer its room
		r.delay.length = maxDelay
	}
	r.emptied.L = &r.mu
	return r
}

// offer puts in whole lines, the last of which may lack its end, or returns
// false if they do not fit.
func (r *ring) offer(lines []byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.fits(lines) {
		return false
	}
	r.append(lines)
	return true
}

// put is offer for those who can wait for room. Somebody must be taking.
func (r *ring) put(lines []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.fits(lines) {
		r.waiting++
		r.tell()
		r.emptied.Wait()
		r.waiting--
	}
	r.append(lines)
}

// fits tells whether there is room, which there always is when nothing waits.
// The caller holds mu.
func (r *ring) fits(lines []byte) bool {
	return len(r.fill) == 0 || len(r.fill)+withEnd(lines) <= r.max
}

// append adds lines. The caller holds mu.
func (r *ring) append(lines []byte) {
	before := len(r.fill)
	r.grow(before + withEnd(lines))
	r.fill = append(r.fill, lines...)
	if withEnd(lines) > len(lines) {
		r.fill = append(r.fill, '\n')
	}
	r.most = max(r.most, len(r.fill))
	if before == 0 && !r.resting || before < enough && len(r.fill) >= enough {
		r.tell()
	}
}

// tell wakes the taker, or lets it not fall asleep.
func (r *ring) tell() {
	select {
	case r.wake <- struct{}{}:
	default: // it has been told and did not look yet
	}
}

// withEnd is the length of lines, their last end included.
func withEnd(lines []byte) int {
	if n := len(lines); n > 0 && lines[n-1] != '\n' {
		return n + 1
	}
	return len(lines)
}

// grow makes room for n bytes: twice as much each time, but never more than
// max if n does not need it. The caller holds mu.
func (r *ring) grow(n int) {
	if n <= cap(r.fill) {
		return
	}
	size := max(min(max(2*cap(r.fill), minRing), r.max), n)
	r.fill = append(make([]byte, 0, size), r.fill...)
}

// take waits for lines and returns all there are. free is what the take
// before returned, which is void from here on. ok is false at the end.
// What comes after a pause is taken at once, what comes in quick succession
// is gathered for a moment.
func (r *ring) take(free []byte) (lines []byte, ok bool) {
	if r.due {
		r.sleep()
	}
	r.delay.begin()
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.fill) == 0 {
		if r.ended {
			return nil, false
		}
		r.mu.Unlock()
		<-r.wake
		r.mu.Lock()
	}
	r.due = r.delay.end(len(r.fill) < enough)
	lines, r.fill = r.fill, r.reuse(free)
	r.emptied.Broadcast()
	return lines, true
}

// sleep returns after the delay, or sooner if there is enough to take, a put
// waits for room, or the ring has ended.
func (r *ring) sleep() {
	over := r.delay.start()
	for r.rest(true) {
		select {
		case <-r.wake:
		case <-over:
			r.rest(false)
			return
		}
	}
}

// rest tells whether the taker may rest, and remembers whether it does.
func (r *ring) rest(want bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resting = want && len(r.fill) < enough && r.waiting == 0 && !r.ended
	return r.resting
}

// reuse returns the buffer to fill next: free, or none if it has been far too
// large for a while, as it is after a burst. Both buffers are then let go of,
// one take after the other. The caller holds mu.
func (r *ring) reuse(free []byte) []byte {
	if r.sparse.note(len(r.fill), cap(free), minRing) {
		return nil
	}
	return free[:0]
}

// level is how many bytes wait, and the most that ever did.
func (r *ring) level() (now, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.fill), r.most
}

// end lets the taker have what is left and then its end. Nothing may be put
// in any more.
func (r *ring) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	r.tell()
}

// sparse counts how often in a row a buffer was used for less than a quarter.
type sparse int

// tooOften in a row is no coincidence.
const tooOften = 64

// note tells whether a buffer of which used bytes were needed is too large;
// those of least are not.
func (s *sparse) note(used, size, least int) bool {
	if used > size/4 || size <= least {
		*s = 0
		return false
	}
	*s++
	return *s >= tooOften
}
