package cases

import (
	"context"

	"monkit.example/monkit"
)

var (
	own    = mon.Task()
	shared = mon.Task()
	named  = mon.TaskNamed("either")
	later  monkit.Task
	either monkit.Task
)

func init() {
	later = mon.Task()
	either = mon.TaskNamed("either")
	either = mon.Task()
}

func first(ctx context.Context) (err error) {
	defer own(&ctx)(&err)
	defer shared(&ctx)(&err)
	defer named(&ctx)(&err)
	defer later(&ctx)(&err)
	defer either(&ctx)(&err)
	return nil
}

func second(ctx context.Context) (err error) {
	defer shared(&ctx)(&err) // want `first calls the Task shared too, so both functions are counted under the name of the one that runs first; give each function its own Task, or use TaskNamed`
	defer named(&ctx)(&err)
	defer later(&ctx)(&err) // want `first calls the Task later too`
	defer either(&ctx)(&err)
	return nil
}

type worker struct{ task monkit.Task }

func newWorker() *worker { return &worker{task: mon.Task()} }

func (w *worker) begin(ctx context.Context) (err error) {
	defer w.task(&ctx)(&err)
	return nil
}

func (w *worker) end(ctx context.Context) (err error) {
	defer w.task(&ctx)(&err) // want `begin calls the Task task too`
	return nil
}

func literals(ctx context.Context) {
	task := mon.Task()
	go func() { defer task(&ctx)(nil) }() // want `shares ctx`
	go func() { defer task(&ctx)(nil) }() // want `another function calls the Task task too`
}

func twice(ctx context.Context) (err error) {
	task := mon.Task()
	func() { defer task(&ctx)(nil) }()
	return nil
}

func unfinished(ctx context.Context) (err error) {
	task := mon.Task()
	defer task(&ctx) // want `the last call is missing`
	return nil
}

func given(ctx context.Context, task monkit.Task) (err error) {
	defer task(&ctx)(&err)
	return nil
}

var assignedFromResults, _ = makeTwo()

func makeTwo() (monkit.Task, error) { return mon.Task(), nil }

func firstOfResults(ctx context.Context) (err error) {
	defer assignedFromResults(&ctx)(&err)
	return nil
}

func secondOfResults(ctx context.Context) (err error) {
	defer assignedFromResults(&ctx)(&err)
	return nil
}
