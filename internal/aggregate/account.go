package aggregate

import "time"

// crowdedIdle is how long a series must have been idle to make room for a new one.
// All that was added to it has been emitted by then.
const crowdedIdle = int64(5 * time.Minute)

// touchEvery is how exactly it is known when the last line of a series came. To know
// more would cost a good part of a line.
const touchEvery = int64(time.Second)

// account is the share of one listener: the memory of the series that its lines have
// made, and these in the order of their last lines. The caller holds the lock of the
// Aggregate.
type account struct {
	used, limit    int64 // bytes
	newest, oldest *series
}

// take takes n bytes. It reports false if there are not so many.
func (a *account) take(n int64) bool {
	if a.used+n > a.limit {
		return false
	}
	a.used += n
	return true
}

func (a *account) give(n int64) { a.used -= n }

// touch makes s, which may be new, the newest series.
func (a *account) touch(s *series) {
	if a.newest == s {
		return
	}
	if s.newer != nil {
		a.unlink(s)
	}
	s.older = a.newest
	if a.newest != nil {
		a.newest.newer = s
	}
	a.newest = s
	if a.oldest == nil {
		a.oldest = s
	}
}

// unlink removes s from the order.
func (a *account) unlink(s *series) {
	if s.newer != nil {
		s.newer.older = s.older
	} else {
		a.newest = s.older
	}
	if s.older != nil {
		s.older.newer = s.newer
	} else {
		a.oldest = s.newer
	}
	s.newer, s.older = nil, nil
}

// idlest returns the series that has been idle for longest, if that is for
// crowdedIdle and nothing of it waits to be emitted, and else nil.
func (a *account) idlest(now int64) *series {
	if s := a.oldest; s != nil && s.waiting == 0 && now-s.last >= crowdedIdle {
		return s
	}
	return nil
}
