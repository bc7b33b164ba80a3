package monkit

import (
	"sync"
	"sync/atomic"
)

// spanTree finds the open spans of a registry: those that have started and not
// ended. Each of them has one place:
//
//   - the slot of its parent, which has room for one child, because most
//     functions call one other at a time;
//   - the list of its parent, if the slot is taken;
//   - if it has no parent, a root slot of the tree, or a root list if the root
//     slots that it tries are taken;
//   - if its parent has ended, the list of the nearest ancestor that is open,
//     or a root list if there is none. Such a span is an orphan.
//
// A parent may belong to another registry than its child. Only the last
// resort, the root list, is then that of the child's registry.
//
// A reader that walks the tree while spans move may miss a span or find it
// twice.
//
// # Lock order
//
// Slots take no lock. Each list has a mutex. A goroutine holds at most one of
// them, takes no other lock while it does, and runs no user code.
//
// # Protocol
//
// insertRoot and insertChild give a span its first place. The end of a span has two steps:
// markEnded marks the span and moves the spans below it to an ancestor, remove
// takes the span out of its own place. Nothing waits for another goroutine to
// finish a step. Where two goroutines can miss each other, each writes first
// and looks afterwards, so that at least one of them sees what the other wrote.
//
// Goroutine A ends a span while goroutine B, which ends its parent, moves it:
//
//	A, markEnded: marks the span as ended         B, move: writes the new place
//	A, remove:    takes it out of the place,      B, move: looks for the mark; if it is
//	              if there is one by now                   there, takes the span out again
//
// Goroutine A ends a span while goroutine B adds another one to its list:
//
//	A, markEnded: marks the span as ended         B, add: locks the list
//	A, markEnded: locks the list and empties it   B, add: looks for the mark; if it is
//	                                                      there, tries the next ancestor
//
// If B locks the list first, A finds what B added; if A does, B finds the mark.
type spanTree struct {
	slots [rootSlots]struct {
		span atomic.Pointer[Span]
		_    [56]byte // one slot a cache line: cores that start traces share none
	}
	lists [rootLists]struct {
		spanList
		_ [32]byte
	}
}

const (
	rootSlots = 64 // a power of two
	rootLists = 16

	// maxListed bounds the spans of one list. A span that the program never
	// ends stays on its list for ever.
	maxListed = 1 << 14
)

// spanNode is the part of a Span that belongs to its spanTree.
type spanNode struct {
	parent *Span                // never changed; nil for a root
	slot   atomic.Pointer[Span] // one open child; endedSlot once the span has ended
	flags  atomic.Uint32        // nodeOrphaned, nodeListed
	index  int32                // in the list, guarded by its mu, or among the root slots
}

const (
	nodeOrphaned = 1 << iota // the parent ended before the span
	nodeListed               // the place is a list, or the list was full
)

// endedSlot is in the slot of a span that has ended. It is the mark.
var endedSlot = new(Span)

func (n *spanNode) ended() bool { return n.slot.Load() == endedSlot }

// tree is the tree of the registry that s belongs to.
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

// rootList is the root list that s would be on.
func (t *spanTree) rootList(s *Span) *spanList {
	return &t.lists[uint64(s.Id())%rootLists].spanList
}

// adopt makes s an orphan, and puts it on the list of the first span that is
// open from ancestor upwards, or else on a root list.
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
	// The look at parent saves the memory of a list that add would not use.
	return !parent.ended() && parent.ensureExtra().children.add(s, parent)
}

// markEnded marks s as ended and moves the open spans below it to its nearest
// open ancestor. It reports false if s was marked before.
func (t *spanTree) markEnded(s *Span) bool {
	child := s.slot.Swap(endedSlot)
	if child == endedSlot {
		return false
	}
	if child != nil {
		child.tree().move(child, s.parent)
	}
	if extra := s.extra.Load(); extra != nil {
		for _, child := range extra.children.takeAll() {
			child.tree().move(child, s.parent)
		}
	}
	return true
}

// move gives s, whose parent has ended, a place from ancestor upwards.
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
// goroutine takes s off that list first, it either removes s or moves it, and
// then looks for the mark itself.
func removeFromList(s *Span) {
	if l := s.ensureExtra().list.Load(); l != nil {
		l.remove(s)
	}
}

// roots returns the spans without an open ancestor in this process.
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

// children returns the open spans right below s.
func (t *spanTree) children(s *Span) (all []*Span) {
	if child := s.slot.Load(); child != nil && child != endedSlot {
		all = append(all, child)
	}
	if extra := s.extra.Load(); extra != nil {
		all = extra.children.appendTo(all)
	}
	return all
}

// spanList is a set of open spans, of one parent or of the roots.
type spanList struct {
	mu    sync.Mutex
	spans []*Span // guarded by mu; spans[i].index is i, and spans[i].extra.list the list
}

// add puts s on the list. It reports false if owner, the span that the list
// belongs to, has ended. Root lists have no owner. If the list is full, s gets
// no place and is counted as unlisted.
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

// remove takes s off the list, if it is still on it.
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
