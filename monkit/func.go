package monkit

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// Func is a function that is measured: how often it ran, how its runs ended and
// how long they took, and which other Funcs called it.
type Func struct {
	FuncStats
	id    int64
	scope *Scope
	name  string
	full  string

	parentsMu sync.Mutex                // held to replace parents
	parents   atomic.Pointer[parentSet] // read without a lock; nil before the first run
}

// newFunc returns the Func of the series key, which has the tag name.
func newFunc(s *Scope, key SeriesKey) *Func {
	name := key.Tags.Get("name")
	f := &Func{id: NewId(), scope: s, name: name, full: s.name + "." + name}
	f.init(key)
	f.health = &s.health
	return f
}

// Task starts a run of f, and returns the function that ends it. ctx and args
// are those of a Task:
//
//	defer f.Task(&ctx)(&err)
func (f *Func) Task(ctx *context.Context, args ...interface{}) func(*error) {
	s := f.startSpan(ctx, args)
	return func(errptr *error) { s.endRun(errptr, recover()) }
}

// ShortName returns the name within the scope.
func (f *Func) ShortName() string { return f.name }

// FullName returns the name of the scope, a dot, and ShortName.
func (f *Func) FullName() string { return f.full }

// Id returns a random number that identifies the Func.
func (f *Func) Id() int64 { return f.id }

// Scope returns the scope that the Func belongs to.
func (f *Func) Scope() *Scope { return f.scope }

// Tags returns the tags of the series: scope, name, and those that the Func was
// made with.
func (f *Func) Tags() *TagSet { return f.key.Tags }

// Parents calls cb with each Func that has called f, in the order in which they
// first did, and with nil for runs that no Func called.
func (f *Func) Parents(cb func(f *Func)) {
	if c := f.parents.Load(); c != nil {
		for _, parent := range c.all {
			cb(parent)
		}
	}
}

// recordParent adds parent, which may be nil, to the parents.
func (f *Func) recordParent(parent *Func) {
	if c := f.parents.Load(); !c.contains(parent) && c.size() < maxParents {
		f.addParent(parent)
	}
}

func (f *Func) addParent(parent *Func) {
	f.parentsMu.Lock()
	defer f.parentsMu.Unlock()
	if c := f.parents.Load(); !c.contains(parent) && c.size() < maxParents {
		f.parents.Store(c.plus(parent))
	}
}

const (
	// maxParents bounds the parents of one Func; it ignores further ones.
	maxParents = 256

	// maxUnhashedParents is up to how many parents a search through a slice is
	// faster than hashing.
	maxUnhashedParents = 8
)

// parentSet is the Funcs that have called one Func, in the order in which they
// first did. It is immutable; nil is the empty set.
type parentSet struct {
	all    []*Func        // nil stands for runs without a parent
	hashed map[*Func]bool // nil up to maxUnhashedParents
}

func (p *parentSet) contains(f *Func) bool {
	if p == nil {
		return false
	}
	if p.hashed != nil {
		return p.hashed[f]
	}
	return slices.Contains(p.all, f)
}

func (p *parentSet) size() int {
	if p == nil {
		return 0
	}
	return len(p.all)
}

// plus returns the set with f, which it does not contain, added.
func (p *parentSet) plus(f *Func) *parentSet {
	var grown parentSet
	if p != nil {
		grown.all = slices.Clip(p.all)
	}
	grown.all = append(grown.all, f)
	if len(grown.all) > maxUnhashedParents {
		grown.hashed = make(map[*Func]bool, len(grown.all))
		for _, f := range grown.all {
			grown.hashed[f] = true
		}
	}
	return &grown
}
