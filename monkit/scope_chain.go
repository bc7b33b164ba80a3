package monkit

import (
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
)

// chain is a source that somebody else made.
type chain struct {
	src  StatSource
	refs int // guarded by the scope's mu
	tags tagCache
}

// Chain adds source to the scope for good. Its series get the scope's tag.
// Adding a source again, if sources of its type can be compared, changes
// nothing.
func (s *Scope) Chain(source StatSource) { s.attach(source) }

// Attach adds source like Chain, until detach is called.
func (s *Scope) Attach(source StatSource) (detach func()) {
	c := s.attach(source)
	return sync.OnceFunc(func() { s.detach(c) })
}

func (s *Scope) attach(source StatSource) *chain {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.chains {
		if same(c.src, source) {
			c.refs++
			return c
		}
	}
	c := &chain{src: source, refs: 1}
	if source == nil || len(s.chains) >= int(s.index.limit.Load()) {
		s.health.overflows.Add(1)
		return c
	}
	s.chains = append(slices.Clip(s.chains), c)
	return c
}

func (s *Scope) detach(c *chain) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.refs--; c.refs > 0 {
		return
	}
	i := slices.Index(s.chains, c)
	if i < 0 {
		return
	}
	s.chains = slices.Concat(s.chains[:i], s.chains[i+1:])
}

// chained returns the chained sources in the order they were added.
func (s *Scope) chained() []*chain {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chains
}

func same(a, b StatSource) bool {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	return va.IsValid() && vb.IsValid() && va.Comparable() && vb.Comparable() && a == b
}

// walker carries the callback of one walk into a chained source. Walkers are
// used again, so that a walk need not allocate one for each source.
type walker struct {
	cb     func(key SeriesKey, field string, val float64)
	scope  *Scope
	tags   *tagCache
	theirs bool // cb is running: a panic is its own
	pass   func(key SeriesKey, field string, val float64)
}

var walkers = sync.Pool{New: func() any {
	w := new(walker)
	w.pass = w.emit
	return w
}}

func (w *walker) emit(key SeriesKey, field string, val float64) {
	key.Tags = w.tags.merge(key.Tags, w.scope.base)
	w.theirs = true
	w.cb(key, field, val)
	w.theirs = false
}

// walk tells the values of the source. If it panics, what it told stands and
// the walk goes on with others.
func (c *chain) walk(s *Scope, cb func(key SeriesKey, field string, val float64)) {
	w := walkers.Get().(*walker)
	w.cb, w.scope, w.tags, w.theirs = cb, s, &c.tags, false
	defer w.done()
	c.src.Stats(w.pass)
}

func (w *walker) done() {
	rec := recover()
	if rec == nil {
		w.cb, w.scope, w.tags = nil, nil, nil
		walkers.Put(w)
		return
	}
	if w.theirs {
		panic(rec)
	}
	w.scope.health.panics.Add(1)
}

// maxCachedTags bounds the tag sets that one chained source is remembered
// with.
const maxCachedTags = 10_000

// tagCache gives each tag set of a source its twin with the scope's tag, the
// same one every time: by pointer for sources that keep their sets, by text
// for those that make new ones.
type tagCache struct {
	byPointer, byText sync.Map // to *TagSet
	pointers, texts   atomic.Int64
}

func (c *tagCache) merge(tags, base *TagSet) *TagSet {
	if tags.Len() == 0 || tags == base {
		return base
	}
	if merged, ok := c.byPointer.Load(tags); ok {
		return merged.(*TagSet)
	}
	merged := c.mergeText(tags, base)
	remember(&c.byPointer, &c.pointers, tags, merged)
	return merged
}

func (c *tagCache) mergeText(tags, base *TagSet) *TagSet {
	text := tags.String()
	if merged, ok := c.byText.Load(text); ok {
		return merged.(*TagSet)
	}
	merged := tags.SetTags(base.tags...)
	remember(&c.byText, &c.texts, text, merged)
	return merged
}

// remember forgets everything once there is too much: a source that makes a
// new set at every walk would fill the cache with sets never seen again.
func remember(m *sync.Map, n *atomic.Int64, key any, merged *TagSet) {
	if n.Add(1) > maxCachedTags {
		m.Clear()
		n.Store(1)
	}
	m.Store(key, merged)
}
