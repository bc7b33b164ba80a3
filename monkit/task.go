package monkit

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
)

// Task measures the runs of one function. The first call begins a run, the
// call of what it returns ends it:
//
//	func Work(ctx context.Context) (err error) {
//		defer mon.Task()(&ctx)(&err)
//
// The context gets the run's Span. ctx may be nil, then the run is a trace of
// its own. A panic is counted and passed on. A Task may be kept in a variable,
// which saves finding the function again; it belongs to the function that
// first calls it.
type Task func(ctx *context.Context, args ...interface{}) func(*error)

// Task returns a Task of the function that calls it, named by the runtime.
func (s *Scope) Task(tags ...SeriesTag) Task {
	// What follows is inlined into the caller, where the closures need no
	// memory of their own. Keep it so: TestAllocs counts.
	t := task{scope: s, tags: tags}
	return func(ctx *context.Context, args ...interface{}) func(*error) {
		span := t.open(ctx, args)
		return func(errptr *error) { span.close(errorAt(errptr), recover()) }
	}
}

// TaskNamed returns a Task of the Func called name.
func (s *Scope) TaskNamed(name string, tags ...SeriesTag) Task {
	return s.FuncNamed(name, tags...).Task
}

// Func returns the Func that the Task counts for. A Task that was not called
// yet takes the caller of Func for its function.
func (f Task) Func() (out *Func) {
	p := &probe{Context: context.Background(), pc: callerPC(1)}
	ctx := context.Context(p)
	f(&ctx)
	return p.fn
}

// probe is a context that makes a Task tell its Func instead of running.
type probe struct {
	context.Context
	pc uintptr // of the function to take for a Task that has none
	fn *Func
}

// task remembers what function first called it. It keeps the place in the
// code and not the Func, because a stored pointer would cost every Task that
// is used on the spot an allocation.
type task struct {
	scope *Scope
	tags  []SeriesTag
	pc    atomic.Uintptr
}

// open begins a run. The function that called the Task is two frames above.
//
//go:noinline
func (t *task) open(ctx *context.Context, args []interface{}) *Span {
	pc := t.pc.Load()
	if pc == 0 {
		if p := probeIn(ctx); p != nil {
			p.fn = t.scope.funcAt(p.pc, t.tags)
			return nil
		}
		pc = callerPC(2)
		t.pc.Store(pc)
	}
	return t.scope.funcAt(pc, t.tags).open(ctx, args)
}

func probeIn(ctx *context.Context) *probe {
	if ctx == nil {
		return nil
	}
	p, _ := (*ctx).(*probe)
	return p
}

// funcAt returns the Func of the function that pc lies in.
func (s *Scope) funcAt(pc uintptr, tags []SeriesTag) *Func {
	site := s.sites.at(pc)
	if site == nil {
		_, name := functionAt(pc)
		site = s.sites.add(pc, name)
	}
	if len(tags) > 0 {
		return s.FuncNamed(site.name, tags...)
	}
	fn := site.fn.Load()
	if fn == nil {
		fn = s.FuncNamed(site.name)
		site.fn.Store(fn)
	}
	return fn
}

// callSite is what is known of a place in the program's code.
type callSite struct {
	name string
	fn   atomic.Pointer[Func] // without tags; nil before it is called so
}

// callSites maps places to what is known of them. It is read without a lock;
// it grows no further than the program has places.
type callSites struct {
	mu  sync.Mutex
	all atomic.Pointer[map[uintptr]*callSite] // replaced under mu
}

func (c *callSites) at(pc uintptr) *callSite {
	if all := c.all.Load(); all != nil {
		return (*all)[pc]
	}
	return nil
}

func (c *callSites) add(pc uintptr, name string) *callSite {
	c.mu.Lock()
	defer c.mu.Unlock()
	grown := make(map[uintptr]*callSite)
	if all := c.all.Load(); all != nil {
		maps.Copy(grown, *all)
	}
	grown[pc] = &callSite{name: name}
	c.all.Store(&grown)
	return grown[pc]
}
