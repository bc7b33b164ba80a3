package monkit

import (
	"sync"
	"sync/atomic"
)

// spanTree finds the open spans of a registry, which are the spans that have
// started and not ended. Each open span is in one place:
//
//   - A child is in the slot of its parent. A slot holds one span, because most
//     functions call one other function at a time.
//   - If that slot is taken, the child is on the list of its parent.
//   - If the parent has ended, the child is an orphan. It is on the list of its
//     nearest open ancestor, or on a root list if there is none.
//   - A root is in a root slot, or on a root list if the root slots that it
//     tries are taken.
//
// A parent and its child may belong to different registries. An orphan without
// an open ancestor is on a root list of its own registry.
//
// A walk through the tree may miss a span that moves at the same time, or find
// it twice.
//
// # Lock order
//
// Slots are atomic. Each list has a mutex. A goroutine that holds the mutex of
// a list takes no other lock and runs no user code.
//
// # Protocol
//
// insertRoot and insertChild give a span its first place. A span ends in two
// steps: markEnded marks the span and moves its children to an ancestor, and
// remove takes the span out of its place. No step waits for another goroutine
// to finish one. Instead, two goroutines that could miss each other both write
// first and look second, so that at least one sees what the other has written.
//
// Goroutine A ends a span, while goroutine B ends its parent and moves the span:
//
//	A: markEnded marks the span as ended.
//	A: remove reads the place of the span, and takes the span out of it.
//	B: move writes the new place of the span.
//	B: move reads the mark. If the span is marked, it takes the span out again.
//
// Goroutine A ends a parent, while goroutine B adds a child to its list:
//
//	A: markEnded marks the parent as ended.
//	A: markEnded empties the list under the list's mutex.
//	B: add reads the mark under the list's mutex. If the parent is marked, the
//	   next ancestor is tried. Otherwise add puts the child on the list.
type spanTree struct {
	slots [rootSlots]struct {
		span atomic.Pointer[Span]
		_    [56]byte // so that slots share no cache line: cores start traces at once
	}
	lists [rootLists]struct {
		spanList
		_ [32]byte
	}
}

const (
	rootSlots = 64 // a power of two
	rootLists = 16

	// maxListed bounds the spans on a list, because a span that the program
	// never ends stays there.
	maxListed = 1 << 14
)

// spanNode is the part of a Span that its spanTree uses. See spanExtra for the
// list of the span.
type spanNode struct {
	parent *Span                // never changed; nil for a root
	slot   atomic.Pointer[Span] // an open child, nil, or endedMark
	flags  atomic.Uint32        // nodeOrphaned and nodeListed
	index  int32                // in a list, guarded by the list's mu; or in the root slots
}

const (
	nodeOrphaned = 1 << iota // the parent ended before the span
	nodeListed               // the span is on a list, or found its list full
)

// endedMark is in the slot of a span that has ended.
var endedMark = new(Span)

func (n *spanNode) ended() bool { return n.slot.Load() == endedMark }

// tree returns the tree of the registry that s belongs to.
func (s *Span) tree() *spanTree { return &s.fn.scope.registry.spans }

// insertRoot gives s, which has just started and has no parent, its place.
func (t *spanTree) insertRoot(s *Span) {
	at := stackHash()
	for range 4 {
		at = (at + 1) % rootSlots
		if slot := &t.slots[at].span; slot.Load() == nil {
			s.index = int32(at)
			if slot.CompareAndSwap(nil, s) {
				return
			}
		}
	}
	t.rootList(s).add(s, nil)
}

// insertChild gives s, which has just started and has a parent, its place.
func (t *spanTree) insertChild(s *Span) {
	if !s.parent.slot.CompareAndSwap(nil, s) && !addBelow(s.parent, s) {
		t.adopt(s, s.parent.parent)
	}
}

// rootList returns the root list that s goes on if it goes on one.
func (t *spanTree) rootList(s *Span) *spanList {
	return &t.lists[uint64(s.Id())%rootLists].spanList
}

// adopt makes s an orphan. It puts s on the list of the first open span from
// ancestor upwards, or else on a root list.
func (t *spanTree) adopt(s, ancestor *Span) {
	s.flags.Or(nodeOrphaned)
	for ; ancestor != nil; ancestor = ancestor.parent {
		if addBelow(ancestor, s) {
			return
		}
	}
	t.rootList(s).add(s, nil)
}

// addBelow puts s on the list of parent. It reports false if parent has ended.
func addBelow(parent, s *Span) bool {
	// add reads the mark again. Reading it here saves the memory of the list.
	return !parent.ended() && parent.ensureExtra().children.add(s, parent)
}

// markEnded marks s as ended and moves its open children to an ancestor. It
// reports false if s was marked before.
func (t *spanTree) markEnded(s *Span) bool {
	child := s.slot.Swap(endedMark)
	if child == endedMark {
		return false
	}
	if child != nil {
		child.tree().move(child, s.parent)
	}
	if extra := s.extra.Load(); extra != nil { // read after marking s, like the list
		for _, child := range extra.children.takeAll() {
			child.tree().move(child, s.parent)
		}
	}
	return true
}

// move gives s a new place, from ancestor upwards. The former place is already
// empty. If s ends during the move, either remove or move takes it out.
func (t *spanTree) move(s, ancestor *Span) {
	if s.ended() {
		return
	}
	t.adopt(s, ancestor)
	if s.ended() {
		removeFromList(s)
	}
}

// remove takes s, which is marked as ended, out of its place.
func (t *spanTree) remove(s *Span) {
	switch {
	case s.flags.Load()&nodeListed != 0:
		removeFromList(s)
	case s.parent != nil:
		s.parent.slot.CompareAndSwap(s, nil) // fails if the parent has ended
	default:
		t.slots[s.index].span.Store(nil)
	}
}

// removeFromList takes s, which is marked as ended, off its list. If another
// goroutine takes s off that list first, it does so to remove s as well, or to
// move it, and a move reads the mark.
func removeFromList(s *Span) {
	if l := s.ensureExtra().list.Load(); l != nil {
		l.remove(s)
	}
}

// roots returns the open spans of the registry that have no open ancestor.
func (t *spanTree) roots() (all []*Span) {
	for i := range t.slots {
		if s := t.slots[i].span.Load(); s != nil {
			all = append(all, s)
		}
	}
	for i := range t.lists {
		all = t.lists[i].appendTo(all)
	}
	return all
}

// children returns the open spans in the slot and on the list of s.
func (t *spanTree) children(s *Span) (all []*Span) {
	if child := s.slot.Load(); child != nil && child != endedMark {
		all = append(all, child)
	}
	if extra := s.extra.Load(); extra != nil {
		all = extra.children.appendTo(all)
	}
	return all
}

// spanList is a list of open spans in any order. It belongs to a span, its
// owner, or it is a root list.
type spanList struct {
	mu    sync.Mutex
	spans []*Span // guarded by mu; the span at i has index i, and this list in its extra
}

// add puts s on the list. It reports false if owner has ended; owner is nil for
// a root list. If the list is full, s is counted as unlisted and gets no place.
func (l *spanList) add(s, owner *Span) bool {
	extra := s.ensureExtra()
	l.mu.Lock()
	defer l.mu.Unlock()
	if owner != nil && owner.ended() {
		return false
	}
	if len(l.spans) < maxListed {
		s.index = int32(len(l.spans))
		l.spans = append(l.spans, s)
		extra.list.Store(l)
	} else {
		s.fn.health.unlisted.Add(1)
	}
	s.flags.Or(nodeListed)
	return true
}

// remove takes s off the list, unless another goroutine has done so.
func (l *spanList) remove(s *Span) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := &s.ensureExtra().list
	if list.Load() != l {
		return
	}
	list.Store(nil)
	last := len(l.spans) - 1
	moved := l.spans[last]
	l.spans[s.index], moved.index = moved, s.index
	l.spans[last] = nil
	l.spans = l.spans[:last]
}

// takeAll empties the list and returns what was on it.
func (l *spanList) takeAll() (all []*Span) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all, l.spans = l.spans, nil
	for _, s := range all {
		s.ensureExtra().list.Store(nil)
	}
	return all
}

// appendTo appends the spans of the list to dst.
func (l *spanList) appendTo(dst []*Span) []*Span {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(dst, l.spans...)
}
