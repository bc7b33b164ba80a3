package monkit

import (
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
)

// chain is a StatSource that a user added to a scope.
type chain struct {
	src    StatSource
	tags   tagCache     // safe for concurrent use
	inside atomic.Int32 // walks that are in its Stats, and calls of its IsTotal

	refs int // guarded by the scope's mu; calls of Attach and Chain less those of detach
}

// Chain adds source to the scope, which reports it from then on. Its series
// get the scope's tag. If source is comparable and in the scope already,
// nothing changes. Use Attach for a source that ends before the program does.
func (s *Scope) Chain(source StatSource) { s.attach(source) }

// Attach adds source as Chain does, until detach is called as often as source
// was attached.
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

// same reports whether a == b, without the panic for types that are not
// comparable.
func same(a, b StatSource) bool {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	return va.IsValid() && vb.IsValid() && va.Comparable() && vb.Comparable() && a == b
}

// walk emits the samples of the source with the scope's tag. If the source
// panics, the samples before that stand and the walk goes on with the next
// source.
func (c *chain) walk(s *Scope, cb func(key SeriesKey, field string, val float64)) {
	w := chainWalks.Get().(*chainWalk)
	w.scope, w.chain, w.cb, w.inCallback = s, c, cb, false
	c.inside.Add(1)
	defer w.finish()
	c.src.Stats(w.emitFunc)
}

// chainWalk is one walk of a chained source. One goroutine owns it.
type chainWalk struct {
	scope      *Scope
	chain      *chain
	cb         func(key SeriesKey, field string, val float64)
	inCallback bool                                           // cb is running: a panic is not the source's
	emitFunc   func(key SeriesKey, field string, val float64) // emitTagged as a value; set once
}

// chainWalks has unused ones, so that a walk allocates none for each source.
var chainWalks = sync.Pool{New: func() any {
	w := new(chainWalk)
	w.emitFunc = w.emitTagged
	return w
}}

func (w *chainWalk) emitTagged(key SeriesKey, field string, val float64) {
	key.Tags = w.chain.tags.merge(key.Tags, w.scope.base)
	w.inCallback = true
	w.cb(key, field, val)
	w.inCallback = false
}

// finish recovers a panic of the source and counts it. A panic of the callback
// goes on: it is that of the code which walks.
func (w *chainWalk) finish() {
	rec := recover()
	w.chain.inside.Add(-1)
	if rec == nil {
		w.cb, w.scope, w.chain = nil, nil, nil
		chainWalks.Put(w)
		return
	}
	if w.inCallback {
		panic(rec)
	}
	w.scope.health.panics.Add(1)
}

// maxCachedTags bounds each map of a tagCache.
const maxCachedTags = 10_000

// tagCache maps each tag set of a source to that set with the scope's tag.
// Readers recognise a series by its *TagSet, so it returns the same pointer
// every time: by pointer for sources that keep their sets, by text for sources
// that make new ones. It is safe for concurrent use.
type tagCache struct {
	byPointer, byText sync.Map // of *TagSet
	pointers, texts   atomic.Int64
}

// merge returns the tags with those of base added.
func (c *tagCache) merge(tags, base *TagSet) *TagSet {
	if tags.Len() == 0 || tags == base {
		return base
	}
	if merged, ok := c.byPointer.Load(tags); ok {
		return merged.(*TagSet)
	}
	merged := c.mergeText(tags, base)
	cacheTags(&c.byPointer, &c.pointers, tags, merged)
	return merged
}

func (c *tagCache) mergeText(tags, base *TagSet) *TagSet {
	text := tags.String()
	if merged, ok := c.byText.Load(text); ok {
		return merged.(*TagSet)
	}
	merged := tags.SetTags(base.tags...)
	cacheTags(&c.byText, &c.texts, text, merged)
	return merged
}

// cacheTags adds an entry to m, whose size is n. A full m is emptied first: a
// source that makes a new set at every walk would fill it with sets that never
// come again.
func cacheTags(m *sync.Map, n *atomic.Int64, key any, merged *TagSet) {
	if n.Add(1) > maxCachedTags {
		m.Clear()
		n.Store(1)
	}
	m.Store(key, merged)
}
