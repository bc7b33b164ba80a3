package cases

import (
	"context"
	"errors"

	"monkit.example/monkit"
)

func nilForAnError(ctx context.Context) (err error) {
	defer mon.Task()(&ctx)(nil) // want `the run gets nil, so errors that the function returns are not counted; pass &err`
	return errors.New("lost")
}

func nilForAnErrorWithoutName(ctx context.Context) (int, error) {
	defer mon.Task()(&ctx)(nil) // want `the run gets nil, so errors that the function returns are not counted; name the result, as in \(err error\), and pass &err`
	return 0, errors.New("lost")
}

func nilForABlankError(ctx context.Context) (_ int, _ error) {
	defer mon.Task()(&ctx)(nil) // want `name the result`
	return 0, errors.New("lost")
}

func resultHasNoName(ctx context.Context) error {
	var err error
	defer mon.Task()(&ctx)(&err) // want `err is not the result, so errors that the function returns are not counted; name the result`
	return errors.New("lost")
}

func resultHasNoNameAndIsReturned(ctx context.Context) (int, error) {
	var err error
	defer mon.Task()(&ctx)(&err)
	if err = ctx.Err(); err != nil {
		return 0, (err)
	}
	each(func() error { return errors.New("of another function") })
	return 1, nil
}

func resultHasNoNameAndIsOfACall(ctx context.Context) (int, error) {
	n, err := resultHasNoNameAndIsReturned(ctx)
	defer mon.Task()(&ctx)(&err) // want `err is not the result,`
	if n > 0 {
		return n, err
	}
	return resultHasNoNameAndIsReturned(ctx)
}

func otherVariableAtABareReturn(ctx context.Context) (result error) {
	err := ctx.Err()
	defer mon.Task()(&ctx)(&err) // want `err is not the result, so errors that the function returns are not counted; pass &result`
	if err != nil {
		return err
	}
	result = errors.New("lost")
	return
}

func literalWithoutName(ctx context.Context) {
	each(func() error {
		err := ctx.Err()
		defer mon.Task()(&ctx)(&err)
		return err
	})
	each(func() error {
		err := ctx.Err()
		defer mon.Task()(&ctx)(&err) // want `err is not the result`
		return errors.Join(err, ctx.Err())
	})
}

func otherVariable(ctx context.Context) (err error) {
	var cause error
	defer mon.Task()(&ctx)(&cause) // want `cause is not the result, so errors that the function returns are not counted; pass &err`
	return errors.New("lost")
}

func otherVariableThatIsReturned(ctx context.Context) (result error) {
	err := ctx.Err()
	defer mon.Task()(&ctx)(&err) // want `err is not the result, so errors that the function returns are not counted; pass &result`
	if err != nil {
		return err
	}
	return errors.New("lost")
}

func otherErrorOnPurpose(ctx context.Context) (status int, err error) {
	var failure error
	defer mon.Task()(&ctx)(&failure)
	if status >= 500 {
		failure = errors.New("counted")
	}
	return status, errors.New("not counted")
}

func shadowed(ctx context.Context) (err error) {
	if err := ctx.Err(); err == nil {
		defer mon.Task()(&ctx)(&err) // want `err shadows the result, so errors that the function returns are not counted; rename the inner err and pass &err`
	}
	return errors.New("lost")
}

func shadowedLater(ctx context.Context) (err error) {
	defer mon.Task()(&ctx)(&err)
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.New("counted")
}

func oneOfTwo(ctx context.Context) (first, second error) {
	defer mon.Task()(&ctx)(&first)
	defer mon.Task()(&ctx)(&second)
	defer mon.Task()(&ctx)(nil) // want `pass &second`
	return nil, errors.New("second")
}

func ofTheFunctionAround(ctx context.Context) (err error) {
	work := func() error {
		defer mon.Task()(&ctx)(&err) // want `err is not the result,`
		return errors.New("lost")
	}
	return work()
}

func ofALiteral(ctx context.Context) (err error) {
	work := func(ctx context.Context) (err error) {
		defer mon.Task()(&ctx)(&err)
		return errors.New("counted")
	}
	go func() {
		defer mon.Task()(&ctx)(&err) // want `shares ctx` `shares err`
	}()
	return work(ctx)
}

func nilInALiteral(ctx context.Context) {
	work := func(ctx context.Context) (err error) {
		defer mon.Task()(&ctx)(nil) // want `pass &err`
		return errors.New("lost")
	}
	_ = work(ctx)
}

func keptInAVariable(ctx context.Context) (err error) {
	finish := mon.Task()(&ctx)
	defer finish(nil) // want `pass &err`
	return errors.New("lost")
}

func endedByALiteral(ctx context.Context) (err error) {
	finish := mon.Task()(&ctx)
	defer func() { finish(&err) }()
	each(func() error {
		finish(nil)
		return nil
	})
	return errors.New("counted")
}

func each(func() error) {}

func givenAFinisher(finish func(*error)) (err error) {
	defer finish(nil)
	return nil
}

func onPurpose(ctx context.Context) (err error) {
	defer mon.Task()(&ctx)(new(error))
	return errors.New("hidden")
}

type job struct{ err error }

func (j *job) run(ctx context.Context, to *error) (err error) {
	defer mon.Task()(&ctx)(&j.err)
	defer mon.Task()(&ctx)(to)
	return nil
}

func observed(stats *monkit.FuncStats) (err error) {
	defer stats.Observe()(nil) // want `pass &err`
	return nil
}

func generic[T any](ctx context.Context, v T) (_ T, err error) {
	defer mon.Task()(&ctx)(nil) // want `pass &err`
	return v, nil
}

func assignedTwice(ctx context.Context, other func() func(*error)) (err error) {
	finish := other()
	if ctx != nil {
		finish = mon.Task()(&ctx)
	}
	defer finish(nil)
	return errors.New("unknown")
}

type itself func() itself

func assignedFromItself(f itself) (err error) {
	f = f()
	f()
	return nil
}

func converted(f func(ctx *context.Context, args ...interface{}) func(*error)) (err error) {
	_ = monkit.Task(f)
	return nil
}

func startedAfterTheLiteral(ctx context.Context) (err error) {
	var finish func(*error)
	each(func() error {
		finish(nil)
		return errors.New("of another function")
	})
	finish = mon.Task()(&ctx)
	defer finish(&err)
	return nil
}

func received(ctx context.Context, errs chan *error) (err error) {
	defer mon.Task()(&ctx)(<-errs)
	return errors.New("unknown")
}
