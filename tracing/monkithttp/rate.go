package monkithttp

import (
	"sync"
	"time"
)

// rate allows so many a second, after a pause all of them at once.
type rate struct {
	perSecond int // 0 is any number

	mu   sync.Mutex
	next time.Time // guarded by mu; when all that was allowed is used up
}

func (r *rate) allow(now time.Time) bool {
	if r.perSecond <= 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if earliest := now.Add(-time.Second); r.next.Before(earliest) {
		r.next = earliest
	}
	next := r.next.Add(time.Second / time.Duration(r.perSecond))
	if next.After(now) {
		return false
	}
	r.next = next
	return true
}
