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
	defer mon.Task()(&ctx) // want `the last call is missing: the run begins when the function returns, and never ends`
	return nil
}

func lastCallMissingWithoutError(ctx context.Context) {
	defer mon.TaskNamed("part")(&ctx) // want `the last call is missing`
}

func lastCallMissingWithoutName(ctx context.Context) error {
	defer mon.Func().Task(&ctx) // want `the last call is missing`
	return nil
}

func lastCallMissingInALiteral(ctx context.Context) (err error) {
	func() {
		defer mon.Task()(&ctx) // want `the last call is missing`
	}()
	return nil
}

func observeUnfinished() (err error) {
	defer mon.Func().Observe() // want `the last call is missing`
	return nil
}

func notCalled(ctx context.Context) (err error) {
	defer mon.Task()              // want `makes a Task and does not call it, so nothing is measured`
	mon.Task()                    // want `makes a Task and does not call it`
	_ = mon.TaskNamed("not even") // want `makes a Task and does not call it`
	return nil
}

func neverEnds(ctx context.Context) (err error) {
	mon.Task()(&ctx)       // want `the run never ends: its last call is missing`
	_ = mon.Task()(&ctx)   // want `the run never ends`
	(mon.Func().Task)(nil) // want `the run never ends`
	return nil
}

func endsAtOnce(ctx context.Context) (err error) {
	mon.Task()(&ctx)(&err) // want `the run ends at once; defer it`
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
