package monkit

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// maxScopes bounds the scopes of a registry; scopes of further names are one,
// called overflow.
const maxScopes = 10_000

// Registry holds scopes with their metrics, and the live spans. Most programs
// need only Default, and use it through the functions of this package. A
// Registry is safe for concurrent use.
type Registry struct {
	core         *core
	transformers *transformers // of Stats; nil if there are none
}

// core is what a Registry shares with the registries that WithTransformers
// derives from it.
type core struct {
	spans     spanTree
	observers observerList[func(*Trace)]
	idle      atomic.Int64             // nanoseconds that ExpireIdle set; 0 is never
	sorted    atomic.Pointer[[]*Scope] // scopes by name; nil until read again after a change; changed under mu

	mu     sync.RWMutex      // taken before the lock of a scope's index
	scopes map[string]*Scope // guarded by mu; by name
	limit  int               // guarded by mu; of the metrics of each scope
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry {
	return &Registry{core: &core{scopes: make(map[string]*Scope), limit: maxSources}}
}

// WithTransformers returns a registry that shares everything with r but whose
// Stats passes samples through transformers as well.
func (r *Registry) WithTransformers(transformers ...CallbackTransformer) *Registry {
	return &Registry{core: r.core, transformers: r.transformers.with(transformers)}
}

// Package returns the scope named after the calling package.
func (r *Registry) Package() *Scope { return r.packageAt(callerPC(1)) }

// CallerPackage returns the scope named after the package that is skip callers
// above the calling function. CallerPackage(0) is Package.
func (r *Registry) CallerPackage(skip int) *Scope { return r.packageAt(callerPC(1 + max(skip, 0))) }

func (r *Registry) packageAt(pc uintptr) *Scope {
	pkg, _ := functionAt(pc)
	return r.ScopeNamed(pkg)
}

// ScopeNamed returns the scope called name, and makes it at the first call.
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
	s := newScope(r, name, r.limit)
	r.scopes[name] = s
	r.sorted.Store(nil)
	return s
}

// ExpireIdle has the registry forget metrics and Funcs whose values have not
// changed for after and that the program does not hold in a variable. It is
// for metrics whose names or tags are made of data that does not come again.
// Gauges, DiffMeters and chained sources are never forgotten. A forgotten
// metric starts from zero when it is next looked up. Zero, the default, turns
// expiry off.
//
// Walks find idle metrics. It takes up to one and a half times after, and then
// a garbage collection, until a metric is forgotten.
func (r *Registry) ExpireIdle(after time.Duration) { r.core.idle.Store(int64(max(after, 0))) }

// LimitSources bounds the metrics of each scope, and its chained sources, to
// most each. The default is 10 000. A scope that has more keeps them.
func (r *Registry) LimitSources(most int) {
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	r.core.limit = max(most, 0)
	for _, s := range r.core.scopes {
		s.index.setLimit(r.core.limit)
	}
}

// Scopes calls cb with each scope, sorted by name.
func (r *Registry) Scopes(cb func(s *Scope)) {
	for _, s := range r.core.snapshot() {
		cb(s)
	}
}

// snapshot returns the scopes sorted by name. The slice must not be changed.
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

// Funcs calls cb with each Func of each scope.
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

// AllSpans calls cb with each live span, before its children.
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

// Stats emits the samples of all scopes, sorted by the scope's name.
func (r *Registry) Stats(cb func(key SeriesKey, field string, val float64)) {
	r.transformers.walk(cb, func(cb func(key SeriesKey, field string, val float64)) {
		for _, s := range r.core.snapshot() {
			s.Stats(cb)
		}
	})
}

// Default is the registry that the functions of this package use.
var Default = NewRegistry()

// Package returns the scope of Default named after the calling package.
func Package() *Scope { return Default.packageAt(callerPC(1)) }

// ScopeNamed returns the scope of Default called name.
func ScopeNamed(name string) *Scope { return Default.ScopeNamed(name) }

// RootSpans calls Default.RootSpans.
func RootSpans(cb func(s *Span)) { Default.RootSpans(cb) }

// Scopes calls Default.Scopes.
func Scopes(cb func(s *Scope)) { Default.Scopes(cb) }

// Funcs calls Default.Funcs.
func Funcs(cb func(f *Func)) { Default.Funcs(cb) }

// Stats calls Default.Stats.
func Stats(cb func(key SeriesKey, field string, val float64)) { Default.Stats(cb) }
