package monkit

import (
	"context"
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
		return func(errptr *error) { span.close(errptr, recover()) }
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
			p.fn = t.scope.FuncNamed(nameAt(p.pc), t.tags...)
			return nil
		}
		pc = returnPC()
	}
	site := t.scope.sites.at(pc)
	if site == nil || site.shared {
		site = t.scope.sites.locate(pc, callerPC(2))
		t.pc.Store(site.pc)
	}
	return t.scope.funcAt(site, t.tags).open(ctx, args)
}

func probeIn(ctx *context.Context) *probe {
	if ctx == nil {
		return nil
	}
	p, _ := (*ctx).(*probe)
	return p
}
