package monkit

import (
	"context"
	"sync/atomic"
)

// Task measures the runs of one function. Calling the Task starts a run, and
// calling the function that it returns ends the run:
//
//	func Work(ctx context.Context) (err error) {
//		defer mon.Task()(&ctx)(&err)
//
// The Task sets ctx to the context of the run, which has its Span. If ctx is
// nil, the run is a trace of its own. A panic is counted and passed on; one with
// http.ErrAbortHandler counts as an error called Aborted. A run that
// runtime.Goexit ends counts by its err, as if it had returned. A Task may be
// kept in a variable, which saves the lookup of the function. It then belongs
// to the function that calls it first.
type Task func(ctx *context.Context, args ...interface{}) func(*error)

// Task returns a Task of the calling function. The Func has the name that the
// runtime has for the function.
func (s *Scope) Task(tags ...SeriesTag) Task {
	// Task is inlined into the calling function, where its closures need no
	// memory of their own. TestTaskAllocs fails once it is too large for that.
	t := task{scope: s, tags: tags}
	return func(ctx *context.Context, args ...interface{}) func(*error) {
		span := t.call(ctx, args)
		return func(errptr *error) { span.endRun(errptr, recover()) }
	}
}

// TaskNamed returns a Task of the Func called name.
func (s *Scope) TaskNamed(name string, tags ...SeriesTag) Task {
	return s.FuncNamed(name, tags...).Task
}

// Start starts a run of the calling function, and sets ctx to its context. It
// is Task for functions that run so often that nanoseconds count:
//
//	defer mon.Start(&ctx).Finish(&err)
func (s *Scope) Start(ctx *context.Context, args ...interface{}) *Span {
	return s.startHere(ctx, args)
}

// Func returns the Func that counts the runs of f. If f was never called, that
// is the Func of the function that calls Func.
func (f Task) Func() (out *Func) {
	p := &probe{Context: context.Background(), pc: callerPC(1)}
	ctx := context.Context(p)
	f(&ctx)
	return p.fn
}

// probe is a context that a Task stores its Func in, instead of starting a run.
type probe struct {
	context.Context
	pc uintptr // in the function that called Task.Func
	fn *Func   // the answer
}

func probeIn(ctx *context.Context) *probe {
	if ctx == nil {
		return nil
	}
	p, _ := (*ctx).(*probe)
	return p
}

// task is the state of a Task that Scope.Task made. It remembers the place in
// the code that called it first, and not the Func: storing a pointer would cost
// an allocation for every Task that is made and called at once.
type task struct {
	scope *Scope
	tags  []SeriesTag
	pc    atomic.Uintptr // 0 before the first call
}

// call starts a run of the function that called the Task, which is two frames
// above.
//
//go:noinline
func (t *task) call(ctx *context.Context, args []interface{}) *Span {
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
	return t.scope.funcAt(site, t.tags).startSpan(ctx, args)
}

// startHere starts a run of the function two frames above.
//
//go:noinline
func (s *Scope) startHere(ctx *context.Context, args []interface{}) *Span {
	site := s.sites.at(returnPC())
	if site == nil || site.shared {
		site = s.sites.locate(returnPC(), callerPC(2))
	}
	return s.funcAt(site, nil).startSpan(ctx, args)
}
