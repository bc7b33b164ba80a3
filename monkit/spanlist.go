package monkit

import (
	"sync"
	"sync/atomic"
)

// spanLink is a span's place in a spanList. It changes under that list's
// lock.
type spanLink struct {
	in         atomic.Pointer[spanList]
	span       *Span // whose link this is
	prev, next *spanLink
}

// spanList is live spans. Who holds the lock of one may take that of a list
// nearer to the root, never the other way.
type spanList struct {
	mu     sync.Mutex
	head   *spanLink // guarded by mu
	closed bool      // guarded by mu; nothing is added any more
}

// add links s, unless the list is closed.
func (l *spanList) add(s *Span) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	link := &s.live
	link.span, link.prev, link.next = s, nil, l.head
	if l.head != nil {
		l.head.prev = link
	}
	l.head = link
	link.in.Store(l)
	return true
}

// remove unlinks the span from the list it is in.
func (n *spanLink) remove() {
	for l := n.in.Load(); l != nil; l = n.in.Load() {
		l.mu.Lock()
		if n.in.Load() == l {
			n.unlink(l)
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
	}
}

func (n *spanLink) unlink(l *spanList) {
	if n.prev != nil {
		n.prev.next = n.next
	} else {
		l.head = n.next
	}
	if n.next != nil {
		n.next.prev = n.prev
	}
	n.prev, n.next = nil, nil
	n.in.Store(nil)
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
		left = append(left, l.head.span)
		l.head.unlink(l)
	}
	return left, true
}

// all appends the spans to dst.
func (l *spanList) all(dst []*Span) []*Span {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := l.head; n != nil; n = n.next {
		dst = append(dst, n.span)
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
