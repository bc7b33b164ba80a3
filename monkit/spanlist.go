package monkit

import (
	"sync"
	"sync/atomic"
)

// A live span is in one place, where those who look for it find it: in the
// slot of its parent, which most often has but one child at a time, or of the
// registry; where that is taken, on a list. Whoever ends a span takes it out.
// A span that outlives its parent is taken out by that, and put on the list of
// an ancestor, until there is none left that lives.
//
// Nobody waits in any of this for more than a list's lock, and who holds one
// takes no other. Two who may miss each other both look twice: a span is
// marked as ended before its place is read, and its place is written before
// the mark is.

// closedSlot is in the slot of a span that ended.
var closedSlot = new(Span)

// spanList is live spans.
type spanList struct {
	mu     sync.Mutex
	spans  []*Span // guarded by mu; each knows its index
	closed bool    // guarded by mu; nothing is added any more
}

// maxListed bounds the spans of one list: those that nobody ends would be on it
// for ever.
const maxListed = 1 << 14

// add lists s, unless the list, or its owner, is closed. owner may be nil. A
// span that is too much for the list is in no place, and nobody finds it.
func (l *spanList) add(s, owner *Span) bool {
	more := s.rest()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || owner != nil && owner.ended() {
		return false
	}
	if len(l.spans) >= maxListed {
		s.fn.health.unlisted.Add(1)
		s.state.Or(stateListed)
		return true
	}
	s.at = int32(len(l.spans))
	l.spans = append(l.spans, s)
	more.in.Store(l)
	s.state.Or(stateListed)
	return true
}

// remove takes s out if it is there, and reports whether it was.
func (l *spanList) remove(s *Span) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	in := &s.rest().in
	if l.closed || in.Load() != l {
		return false
	}
	in.Store(nil)
	last := len(l.spans) - 1
	moved := l.spans[last]
	l.spans[s.at], moved.at = moved, s.at
	l.spans[last] = nil
	l.spans = l.spans[:last]
	return true
}

// close empties the list for good and returns what was in it.
func (l *spanList) close() (left []*Span) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	left, l.spans = l.spans, nil
	return left
}

// all appends the spans to dst.
func (l *spanList) all(dst []*Span) []*Span {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(dst, l.spans...)
}

// ended reports whether the span did.
func (s *Span) ended() bool { return s.slot.Load() == closedSlot }

// take gives child a place below s, unless s has ended.
func (s *Span) take(child *Span) bool {
	return s.slot.CompareAndSwap(nil, child) || !s.ended() && s.rest().kids.add(child, s)
}

// adopt puts the span, which has lost its place, below its nearest ancestor
// that lives, from parent up.
func (s *Span) adopt(parent *Span) {
	s.state.Or(stateOrphaned)
	for ; parent != nil; parent = parent.parent {
		if !parent.ended() && parent.rest().kids.add(s, parent) {
			return
		}
	}
	s.fn.scope.registry.roots.rest(s).add(s, nil)
}

// leave takes the span, which has ended, out of its place.
func (s *Span) leave() {
	switch {
	case s.state.Load()&stateListed != 0:
		s.delist()
	case s.parent != nil:
		s.parent.slot.CompareAndSwap(s, nil) // else the parent has ended
	default:
		s.fn.scope.registry.roots.slots[s.at].span.Store(nil)
	}
}

// delist takes the span off the list it is on. A list that has closed has let
// go of it, and who closed it sees that the span has ended.
func (s *Span) delist() {
	in := &s.rest().in
	for l := in.Load(); l != nil && !l.remove(s); {
		now := in.Load()
		if now == l {
			return
		}
		l = now
	}
}

// letGo closes the places below s and hands the spans that are still there
// on. It reports whether s had not ended before.
func (s *Span) letGo() (first bool) {
	child := s.slot.Swap(closedSlot)
	if child == closedSlot {
		return false
	}
	if child != nil {
		child.orphan(s.parent)
	}
	if more := s.more.Load(); more != nil {
		for _, child := range more.kids.close() {
			child.orphan(s.parent)
		}
	}
	return true
}

// orphan finds the span a place from ancestor up, unless it has ended.
func (s *Span) orphan(ancestor *Span) {
	if s.ended() {
		return
	}
	s.adopt(ancestor)
	if s.ended() { // meanwhile, and may have looked for its former place
		s.delist()
	}
}

// children returns the live spans below s.
func (s *Span) children() (all []*Span) {
	if child := s.slot.Load(); child != nil && child != closedSlot {
		all = append(all, child)
	}
	if more := s.more.Load(); more != nil {
		all = more.kids.all(all)
	}
	return all
}

const rootSlots = 64 // a power of two

// rootSpans is the live spans without a living ancestor, spread so that cores
// that start traces do not wait for each other.
type rootSpans struct {
	slots [rootSlots]struct {
		span atomic.Pointer[Span]
		_    [56]byte // one slot a cache line
	}
	lists [16]struct {
		spanList
		_ [24]byte
	}
}

// add gives s, which has no parent, a place.
func (r *rootSpans) add(s *Span) {
	at := stackHash()
	for range 4 {
		at = (at + 1) % rootSlots
		if slot := &r.slots[at].span; slot.Load() == nil {
			s.at = int32(at)
			if slot.CompareAndSwap(nil, s) {
				return
			}
		}
	}
	r.rest(s).add(s, nil)
}

// rest is the list of s, for when the slots are taken.
func (r *rootSpans) rest(s *Span) *spanList {
	return &r.lists[uint64(s.Id())%uint64(len(r.lists))].spanList
}

func (r *rootSpans) all() (all []*Span) {
	for i := range r.slots {
		if s := r.slots[i].span.Load(); s != nil {
			all = append(all, s)
		}
	}
	for i := range r.lists {
		all = r.lists[i].all(all)
	}
	return all
}
