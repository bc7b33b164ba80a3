package monkit

import (
	"sync"
)

// spanList is live spans. Who holds the lock of one may take that of a list
// nearer to the root, never the other way.
type spanList struct {
	mu     sync.Mutex
	head   *Span // guarded by mu
	closed bool  // guarded by mu; nothing is added any more
}

// add lists s, unless the list is closed.
func (l *spanList) add(s *Span) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	s.prev, s.next = nil, l.head
	if l.head != nil {
		l.head.prev = s
	}
	l.head = s
	s.in.Store(l)
	return true
}

// delist takes s off the list it is on.
func (s *Span) delist() {
	for l := s.in.Load(); l != nil; l = s.in.Load() {
		l.mu.Lock()
		if s.in.Load() == l {
			l.unlink(s)
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
	}
}

// unlink takes s out. mu is held.
func (l *spanList) unlink(s *Span) {
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		l.head = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	}
	s.prev, s.next = nil, nil
	s.in.Store(nil)
}

// close empties the list for good and returns what was in it. It reports
// whether this was the first close.
func (l *spanList) close() (left []*Span, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, false
	}
	l.closed = true
	for l.head != nil {
		left = append(left, l.head)
		l.unlink(l.head)
	}
	return left, true
}

// all appends the spans to dst.
func (l *spanList) all(dst []*Span) []*Span {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := l.head; s != nil; s = s.next {
		dst = append(dst, s)
	}
	return dst
}

// rootSpans is the live spans without a living ancestor, spread over many
// lists so that cores that start traces do not wait for each other.
type rootSpans struct {
	shards [32]struct {
		spanList
		_ [40]byte // one list a cache line
	}
}

// of returns the list where s belongs as a root.
func (r *rootSpans) of(s *Span) *spanList {
	return &r.shards[uint64(s.id)%uint64(len(r.shards))].spanList
}

func (r *rootSpans) all() []*Span {
	var all []*Span
	for i := range r.shards {
		all = r.shards[i].all(all)
	}
	return all
}
