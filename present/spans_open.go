package present

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"

	"monkit.example/monkit"
)

// openSpan is a span that was open when a snapshot was made. It does not
// change, except for what its methods read from the span.
type openSpan struct {
	*monkit.Span
	name     string // of the function, with its tags
	args     string
	elapsed  time.Duration
	children []*openSpan // the oldest first
}

// openSpans returns the open spans that have no open ancestor, the oldest
// first. It returns fewer if the context of w ends.
func (w walk) openSpans() []*openSpan {
	names := make(map[*monkit.Func]string)
	var open func(s *monkit.Span) *openSpan
	open = func(s *monkit.Span) *openSpan {
		name, ok := names[s.Func()]
		if !ok {
			name = fullName(s.Func())
			names[s.Func()] = name
		}
		o := &openSpan{Span: s, name: name, args: strings.Join(s.Args(), ", "), elapsed: s.Duration()}
		w.children(s, func(child *monkit.Span) { o.children = append(o.children, open(child)) })
		sortByAge(o.children)
		return o
	}
	var roots []*openSpan
	w.rootSpans(func(s *monkit.Span) { roots = append(roots, open(s)) })
	sortByAge(roots)
	return roots
}

// sortByAge sorts the oldest span first. Spans of one age stay in their order.
func sortByAge(spans []*openSpan) {
	slices.SortStableFunc(spans, func(a, b *openSpan) int { return cmp.Compare(b.elapsed, a.elapsed) })
}

// shape returns a number that two trees share if the same functions called
// each other in them, whatever their arguments.
func (s *openSpan) shape(seed maphash.Seed) uint64 {
	var below []uint64
	for _, child := range s.children {
		below = append(below, child.shape(seed))
	}
	slices.Sort(below)
	return maphash.Comparable(seed, struct {
		name     string
		orphaned bool
		below    uint64
	}{s.name, s.Orphaned(), maphash.Bytes(seed, appendAll(nil, below))})
}

func appendAll(dst []byte, all []uint64) []byte {
	for _, n := range all {
		for shift := 0; shift < 64; shift += 8 {
			dst = append(dst, byte(n>>shift))
		}
	}
	return dst
}

// count returns the number of spans in the tree of s.
func (s *openSpan) count() int {
	n := 1
	for _, child := range s.children {
		n += child.count()
	}
	return n
}

// matches reports whether a call in the tree of s, as its reader sees it,
// matches the filter.
func (w walk) matches(s *openSpan, filter filter) bool {
	return len(filter.words) == 0 || filter.matches(w.call(s)) ||
		slices.ContainsFunc(s.children, func(child *openSpan) bool { return w.matches(child, filter) })
}

// spanSnapshot has the open spans of a registry, and tables of them.
type spanSnapshot struct {
	roots []*openSpan // those without an open ancestor, the oldest first

	mu     sync.Mutex
	tables map[tableKey]*spanTable // guarded by mu; at most maxTables
}

// tableKey has what tables of one snapshot differ by.
type tableKey struct {
	filter string // its words
	hidden string // as walk.hidden
}

// maxTables bounds the tables of a snapshot. Further filters make one for each
// request.
const maxTables = 16

// table returns the rows of the trees that match the filter. It makes them once
// for all that call it with the same filter and may see the same texts.
func (s *spanSnapshot) table(w walk, filter filter) *spanTable {
	key := tableKey{strings.Join(filter.words, " "), w.hidden}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tables[key]
	if !ok {
		t = spanRows(w, s.roots, filter)
		if s.tables == nil {
			s.tables = make(map[tableKey]*spanTable)
		}
		if len(s.tables) < maxTables && w.err() == nil {
			s.tables[key] = t
		}
	}
	return t
}

const (
	// sharedSpans is from how many spans on a snapshot is shared. Fewer take
	// less than a millisecond.
	sharedSpans = 1000
	// sharedTime is for how long.
	sharedTime = time.Second
)

// spanCache has the latest snapshot of the open spans of a registry, so that
// many viewers of a program with many spans do not each walk through them.
type spanCache struct {
	mu     sync.Mutex
	latest *spanSnapshot // guarded by mu; nil, or at most sharedTime old
}

// get returns the open spans, as they are or as they were within sharedTime. It
// walks once for all that call it at the same time. If the context of w ends
// before that, some spans are missing, and get does not share the snapshot.
func (c *spanCache) get(w walk) *spanSnapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.latest != nil {
		return c.latest
	}
	s := &spanSnapshot{roots: w.openSpans()}
	if w.err() == nil && hasMore(s.roots, sharedSpans) {
		c.latest = s
		time.AfterFunc(sharedTime, c.forget)
	}
	return s
}

func (c *spanCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latest = nil
}

// hasMore reports whether the trees have n spans or more.
func hasMore(roots []*openSpan, n int) bool {
	for _, s := range roots {
		if n -= s.count(); n <= 0 {
			return true
		}
	}
	return false
}
