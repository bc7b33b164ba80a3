package monkithttp

import (
	"sync"
	"time"
)

// rateLimit allows a number of events per second. After a second without
// events it allows that number at once.
type rateLimit struct {
	perSecond int // 0 means no limit

	mu        sync.Mutex
	usedUntil time.Time // guarded by mu; each event takes 1/perSecond s, and may not take time after now
}

func (r *rateLimit) allow(now time.Time) bool {
	if r.perSecond <= 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if earliest := now.Add(-time.Second); r.usedUntil.Before(earliest) {
		r.usedUntil = earliest
	}
	next := r.usedUntil.Add(time.Second / time.Duration(r.perSecond))
	if next.After(now) {
		return false
	}
	r.usedUntil = next
	return true
}
