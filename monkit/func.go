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
	parents   atomic.Pointer[callers] // replaced under parentsMu
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

// callers are the Funcs that called one, in the order they came; nil stands for
// none. They never change.
type callers struct {
	all []*Func
	set map[*Func]bool // of all, once they are too many to look through
}

// fewCallers are looked through faster than hashed.
const fewCallers = 8

func (c *callers) has(f *Func) bool {
	if c == nil {
		return false
	}
	if c.set != nil {
		return c.set[f]
	}
	return slices.Contains(c.all, f)
}

func (c *callers) len() int {
	if c == nil {
		return 0
	}
	return len(c.all)
}

// with returns c and f, which it does not have.
func (c *callers) with(f *Func) *callers {
	var more callers
	if c != nil {
		more.all = slices.Clip(c.all)
	}
	more.all = append(more.all, f)
	if len(more.all) > fewCallers {
		more.set = make(map[*Func]bool, len(more.all))
		for _, f := range more.all {
			more.set[f] = true
		}
	}
	return &more
}

// Parents calls cb with every Func seen calling this one, and with nil if it
// was called without one.
func (f *Func) Parents(cb func(f *Func)) {
	if c := f.parents.Load(); c != nil {
		for _, parent := range c.all {
			cb(parent)
		}
	}
}

// calledBy remembers parent, which may be nil.
func (f *Func) calledBy(parent *Func) {
	if c := f.parents.Load(); !c.has(parent) && c.len() < maxParents {
		f.addParent(parent)
	}
}

func (f *Func) addParent(parent *Func) {
	f.parentsMu.Lock()
	defer f.parentsMu.Unlock()
	if c := f.parents.Load(); !c.has(parent) && c.len() < maxParents {
		f.parents.Store(c.with(parent))
	}
}

// Task begins a run of f, as a Task does:
//
//	defer f.Task(&ctx)(&err)
func (f *Func) Task(ctx *context.Context, args ...interface{}) func(*error) {
	s := f.open(ctx, args)
	return func(errptr *error) { s.close(errptr, recover()) }
}
