package monkit

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// maxParents bounds how many callers a Func remembers.
const maxParents = 256

// Func is a function that is measured: how often and how it ran, how long it
// took, and which other Funcs called it.
type Func struct {
	FuncStats
	id    int64
	scope *Scope
	name  string
	full  string

	parentsMu sync.Mutex
	parents   atomic.Pointer[[]*Func] // replaced under parentsMu; nil stands for entry
}

func newFunc(s *Scope, key SeriesKey) *Func {
	name := key.Tags.Get("name")
	f := &Func{id: NewId(), scope: s, name: name, full: s.name + "." + name}
	f.init(key)
	f.health = &s.health
	return f
}

// ShortName is the name within the scope.
func (f *Func) ShortName() string { return f.name }

// FullName is the scope's name, a dot, and ShortName.
func (f *Func) FullName() string { return f.full }

// Id sets the Func apart from all others.
func (f *Func) Id() int64 { return f.id }

// Scope is where the Func belongs.
func (f *Func) Scope() *Scope { return f.scope }

// Tags are those of the Func's series: scope, name and its user's.
func (f *Func) Tags() *TagSet { return f.key.Tags }

// Parents calls cb with every Func seen calling this one, and with nil if it
// was called without one.
func (f *Func) Parents(cb func(f *Func)) {
	if all := f.parents.Load(); all != nil {
		for _, parent := range *all {
			cb(parent)
		}
	}
}

// calledBy remembers parent, which may be nil.
func (f *Func) calledBy(parent *Func) {
	if all := f.parents.Load(); all != nil && (slices.Contains(*all, parent) || len(*all) >= maxParents) {
		return
	}
	f.addParent(parent)
}

func (f *Func) addParent(parent *Func) {
	f.parentsMu.Lock()
	defer f.parentsMu.Unlock()
	var grown []*Func
	if all := f.parents.Load(); all != nil {
		if slices.Contains(*all, parent) {
			return
		}
		grown = slices.Clone(*all)
	}
	grown = append(grown, parent)
	f.parents.Store(&grown)
}

// Task begins a run of f, as a Task does:
//
//	defer f.Task(&ctx)(&err)
func (f *Func) Task(ctx *context.Context, args ...interface{}) func(*error) {
	s := f.open(ctx, args)
	return func(errptr *error) { s.close(errptr, recover()) }
}
