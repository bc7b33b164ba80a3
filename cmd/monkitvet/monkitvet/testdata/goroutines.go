package cases

import (
	"context"
	"errors"
	"sync"
	"time"
)

// group is like errgroup.Group.
type group struct{}

func (*group) Go(func() error)         {}
func (*group) TryGo(func() error) bool { return true }
func (*group) Wait() error             { return nil }

func work(ctx context.Context) error { return ctx.Err() }

func sharesBoth(ctx context.Context) (err error) {
	go func() {
		defer mon.Task()(&ctx)(&err) // want `the goroutine shares ctx with the function around it, so that the run of the goroutine overwrites it: a data race; copy it before, as in ctx := ctx` `the goroutine shares err with the function around it, so that the run of the goroutine ends with the error of another: a data race`
	}()
	return work(ctx)
}

func sharesTheResult(ctx context.Context) (err error) {
	go func() {
		defer mon.Task()(&ctx)(&err) // want `shares err`
	}()
	return errors.New("of the function around")
}

func sharesWithADeferredRun(ctx context.Context) (err error) {
	defer mon.Task()(&ctx)(&err)
	go func() {
		defer mon.TaskNamed("part")(&ctx)(&err) // want `shares err`
	}()
	return nil
}

func startsASpan(ctx context.Context) {
	go func() {
		defer mon.Start(&ctx).Finish(nil) // want `shares ctx`
	}()
	_ = work(ctx)
}

func namedFunc(ctx context.Context) {
	go func() {
		defer mon.FuncNamed("part").Task(&ctx)(nil) // want `shares ctx`
	}()
	_ = work(ctx)
}

func siblings(ctx context.Context) error {
	var g group
	g.Go(func() error {
		defer mon.Task()(&ctx)(nil) // want `the run gets nil` `shares ctx`
		return work(ctx)
	})
	g.TryGo(func() error {
		defer mon.Task()(&ctx)(nil) // want `the run gets nil`
		return work(ctx)
	})
	return g.Wait()
}

func namedResultInAGroup(ctx context.Context) error {
	var g group
	for range 3 {
		g.Go(func() (err error) {
			defer mon.Task()(&ctx)(&err) // want `shares ctx`
			return work(ctx)
		})
	}
	return g.Wait()
}

func waitGroup(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() {
		defer mon.Task()(&ctx)(nil) // want `shares ctx`
	})
	_ = work(ctx)
	wg.Wait()
}

func timer(ctx context.Context) {
	time.AfterFunc(time.Second, func() {
		defer mon.Task()(&ctx)(nil) // want `shares ctx`
	})
	_ = work(ctx)
}

func stored(ctx context.Context) (err error) {
	part := func() {
		defer mon.Task()(&ctx)(&err) // want `shares ctx` `shares err`
	}
	go part()
	return work(ctx)
}

func storedForAGroup(ctx context.Context) error {
	var g group
	var part = func() (err error) {
		defer mon.Task()(&ctx)(&err) // want `shares ctx`
		return nil
	}
	g.Go(part)
	g.Go(func() error { return work(ctx) })
	return g.Wait()
}

func deeper(ctx context.Context) (err error) {
	go func() {
		each(func() error {
			defer mon.Task()(&ctx)(nil) // want `the run gets nil` `shares ctx`
			return nil
		})
	}()
	return work(ctx)
}

func goroutineOfALiteral() {
	each(func() error {
		ctx := context.Background()
		go func() {
			defer mon.Task()(&ctx)(nil) // want `shares ctx`
		}()
		return work(ctx)
	})
}

func waitsForTheContext(ctx context.Context) {
	go func() {
		defer mon.Task()(&ctx)(nil) // want `shares ctx`
	}()
	<-ctx.Done()
}

func waitsTooLate(ctx context.Context) (err error) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer mon.Task()(&ctx)(&err) // want `shares err`
	}()
	return nil
}

// None of these has a race.

func copied(ctx context.Context) error {
	for range 3 {
		ctx := ctx
		go func() {
			defer mon.Task()(&ctx)(nil)
		}()
	}
	return work(ctx)
}

func passed(ctx context.Context) error {
	go func(ctx context.Context) {
		var err error
		defer mon.Task()(&ctx)(&err)
		err = work(ctx)
	}(ctx)
	return work(ctx)
}

func declaredInside(ctx context.Context) error {
	var g group
	g.Go(func() (err error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer mon.Task()(&ctx)(&err)
		return work(ctx)
	})
	_ = work(ctx)
	return g.Wait()
}

func handedOver(ctx context.Context) {
	go func() {
		defer mon.Task()(&ctx)(nil)
		_ = work(ctx)
	}()
}

func joined(ctx context.Context) (err error) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer mon.Task()(&ctx)(&err)
		err = work(ctx)
	}()
	wg.Wait()
	return err
}

func joinedByAGroup(ctx context.Context) (err error) {
	var g group
	g.Go(func() (err error) {
		defer mon.Task()(&ctx)(&err)
		return work(ctx)
	})
	return g.Wait()
}

func joinedByAChannel(ctx context.Context) (err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer mon.Task()(&ctx)(&err)
		err = work(ctx)
	}()
	<-done
	return work(ctx)
}

func joinedByARange(ctx context.Context) error {
	errs := make(chan error)
	go func() {
		defer close(errs)
		defer mon.Task()(&ctx)(nil)
	}()
	for err := range errs {
		return err
	}
	return work(ctx)
}

func joinedInALoop(ctx context.Context) error {
	for range 3 {
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer mon.TaskNamed("part")(&ctx)(nil)
		}()
		<-done
	}
	return nil
}

func perIteration(all []context.Context) {
	for _, ctx := range all {
		go func() {
			defer mon.Task()(&ctx)(nil)
		}()
	}
}

func calledAtOnce(ctx context.Context) (err error) {
	func() {
		defer mon.Task()(&ctx)(&err)
	}()
	part := func() { defer mon.TaskNamed("part")(&ctx)(&err) }
	part()
	each(func() error {
		defer mon.Task()(&ctx)(nil) // want `the run gets nil`
		return nil
	})
	return work(ctx)
}
