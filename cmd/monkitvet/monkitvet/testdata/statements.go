package cases

import (
	"context"

	"monkit.example/monkit"
)

var mon = monkit.Package()

func wholeAndDeferred(ctx context.Context) (err error) {
	defer mon.Task()(&ctx)(&err)
	defer mon.TaskNamed("part")(&ctx)(&err)
	defer mon.Func().Task(&ctx)(&err)
	defer mon.FuncNamed("a").RemoteTrace(&ctx, 1, nil)(&err)
	defer mon.FuncNamed("b").ResetTrace(&ctx)(&err)
	defer (mon.Task()(&ctx))(&err)
	return nil
}

func noError(ctx context.Context) {
	defer mon.Task()(&ctx)(nil)
	var err error
	defer mon.Task()(&ctx)(&err)
}

func lastCallMissing(ctx context.Context) (err error) {
	defer mon.Task()(&ctx) // want `the last call is missing, so the run begins when the function returns and never ends; add \(&err\)`
	return nil
}

func lastCallMissingWithoutError(ctx context.Context) {
	defer mon.TaskNamed("part")(&ctx) // want `add \(nil\)`
}

func lastCallMissingWithoutName(ctx context.Context) error {
	defer mon.Func().Task(&ctx) // want `the last call is missing, .*; name the result, as in \(err error\), and pass &err`
	return nil
}

func lastCallMissingInALiteral(ctx context.Context) (err error) {
	func() {
		defer mon.Task()(&ctx) // want `add \(nil\)`
	}()
	return nil
}

func observeUnfinished() (err error) {
	defer mon.Func().Observe() // want `the last call is missing`
	return nil
}

func notCalled(ctx context.Context) (err error) {
	defer mon.Task()              // want `the Task is not called, so nothing is measured; write defer mon\.Task\(\)\(&ctx\)\(&err\)`
	mon.Task()                    // want `the Task is not called`
	_ = mon.TaskNamed("not even") // want `the Task is not called`
	return nil
}

func neverEnds(ctx context.Context) (err error) {
	mon.Task()(&ctx)       // want `the last call is missing, so the run never ends; write defer mon\.Task\(\)\(&ctx\)\(&err\)`
	_ = mon.Task()(&ctx)   // want `the run never ends`
	(mon.Func().Task)(nil) // want `the run never ends`
	return nil
}

func endsAtOnce(ctx context.Context) (err error) {
	mon.Task()(&ctx)(&err) // want `the run ends at once; defer the last call`
	return nil
}

func endsAtOnceBeforeACondition(ctx context.Context) (err error) {
	if mon.Task()(&ctx)(&err); ctx == nil { // want `the run ends at once`
		return nil
	}
	return nil
}

func marks(ctx context.Context) (err error) {
	mon.FuncNamed("seen").Task(&ctx)(&err)
	mon.TaskNamed("seen")(&ctx)(&err)
	return nil
}

func endsByHand(ctx context.Context) (err error) {
	finish := mon.Task()(&ctx)
	finish(&err)
	again := mon.Task()(&ctx)
	defer again(&err)
	return nil
}

func notOurs(ctx context.Context) (err error) {
	task := func(*context.Context) func(*error) { return func(*error) {} }
	defer task(&ctx)
	task(&ctx)(nil)
	return nil
}

func lastCallMissingWhereTheResultIsShadowed(ctx context.Context) (err error) {
	if err := ctx.Err(); err == nil {
		defer mon.Task()(&ctx) // want `the last call is missing, .*; rename the inner err and pass &err`
	}
	return nil
}

func parenthesized(ctx context.Context) (err error) {
	(mon.Task()(&ctx)) // want `the run never ends`
	defer (mon.Task())(&ctx)((&err))
	return nil
}

func discardedBesideAnother(ctx context.Context) (err error) {
	_, n := mon.Task(), 1
	_, _ = n, mon.Task
	return nil
}

func notARun() (err error) {
	_ = mon.Timer("render").Start()
	defer finisher()
	finisher()
	defer task()
	return nil
}

func finisher() func(*error) { return func(*error) {} }

func task() monkit.Task { return nil }
