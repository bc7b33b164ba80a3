package monkit

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// maxScopes is how many scopes a registry keeps; further names share one.
const maxScopes = 10_000

// Registry holds scopes, and through them all sources and live spans. Most
// programs need only Default, and use it through the functions of this
// package.
type Registry struct {
	core         *core
	transformers []CallbackTransformer
}

// core is what a Registry shares with those derived from it.
type core struct {
	spans     spanTree
	observers observerList[func(*Trace)]
	sorted    atomic.Pointer[[]*Scope] // nil when a scope was added since
	idle      atomic.Int64             // see ExpireIdle; 0 is never
	limit     int                      // of each scope's sources; guarded by mu

	mu     sync.RWMutex
	scopes map[string]*Scope // guarded by mu
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry {
	return &Registry{core: &core{scopes: make(map[string]*Scope), limit: maxSources}}
}

// WithTransformers returns a registry that shares everything with r, and
// whose Stats go through transformers too.
func (r *Registry) WithTransformers(transformers ...CallbackTransformer) *Registry {
	return &Registry{core: r.core, transformers: append(slices.Clip(r.transformers), transformers...)}
}

// Package returns the scope named after the calling package.
func (r *Registry) Package() *Scope { return r.packageAt(callerPC(1)) }

// CallerPackage is Package for functions that stand between it and the package
// that is meant: it leaves out skip callers. CallerPackage(0) is Package.
func (r *Registry) CallerPackage(skip int) *Scope { return r.packageAt(callerPC(1 + max(skip, 0))) }

func (r *Registry) packageAt(pc uintptr) *Scope {
	pkg, _ := functionAt(pc)
	return r.ScopeNamed(pkg)
}

// ScopeNamed returns the scope called name, made at the first call.
func (r *Registry) ScopeNamed(name string) *Scope {
	r.core.mu.RLock()
	s := r.core.scopes[name]
	r.core.mu.RUnlock()
	if s != nil {
		return s
	}
	return r.core.addScope(name)
}

func (r *core) addScope(name string) *Scope {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.scopes) >= maxScopes || len(name) > maxSeriesBytes {
		name = overflowName
	}
	if s := r.scopes[name]; s != nil {
		return s
	}
	s := newScope(r, name)
	r.scopes[name] = s
	r.sorted.Store(nil)
	return s
}

// LimitSources has each scope keep at most so many sources, in place of 10 000.
// What a scope has already stays.
func (r *Registry) LimitSources(most int) {
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	r.core.limit = max(most, 0)
	for _, s := range r.core.scopes {
		s.setLimit(r.core.limit)
	}
}

// Scopes calls cb with all scopes, sorted by name.
func (r *Registry) Scopes(cb func(s *Scope)) {
	for _, s := range r.core.snapshot() {
		cb(s)
	}
}

func (r *core) snapshot() []*Scope {
	if sorted := r.sorted.Load(); sorted != nil {
		return *sorted
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	sorted := slices.SortedFunc(maps.Values(r.scopes), func(a, b *Scope) int {
		return strings.Compare(a.name, b.name)
	})
	r.sorted.Store(&sorted)
	return sorted
}

// Funcs calls cb with the Funcs of all scopes.
func (r *Registry) Funcs(cb func(f *Func)) {
	for _, s := range r.core.snapshot() {
		s.Funcs(cb)
	}
}

// RootSpans calls cb with the live spans that have no living ancestor here,
// sorted by name.
func (r *Registry) RootSpans(cb func(s *Span)) {
	for _, s := range sortSpans(r.core.spans.roots()) {
		cb(s)
	}
}

// AllSpans calls cb with all live spans, each before its children.
func (r *Registry) AllSpans(cb func(s *Span)) {
	r.RootSpans(func(s *Span) { walkSpans(s, cb) })
}

func walkSpans(s *Span, cb func(s *Span)) {
	cb(s)
	s.Children(func(child *Span) { walkSpans(child, cb) })
}

func sortSpans(spans []*Span) []*Span {
	slices.SortFunc(spans, func(a, b *Span) int {
		return cmp.Or(strings.Compare(a.fn.FullName(), b.fn.FullName()), cmp.Compare(a.Id(), b.Id()))
	})
	return spans
}

// Stats tells the values of all scopes, sorted by name.
func (r *Registry) Stats(cb func(key SeriesKey, field string, val float64)) {
	for _, t := range r.transformers {
		cb = t.Transform(cb)
	}
	for _, s := range r.core.snapshot() {
		s.Stats(cb)
	}
}
