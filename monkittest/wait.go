package monkittest

import (
	"context"
	"fmt"
	"time"

	"monkit.example/tracing"
)

// DefaultTimeout bounds a wait whose context has no deadline. It is more than a
// busy machine needs, and short enough that a test that hangs fails soon.
const DefaultTimeout = 10 * time.Second

// A wait polls, at first every minPoll. The interval grows with the time
// waited, so that a wait ends late by an eighth of its length at most, and
// stops at maxPoll, which costs next to nothing. A channel cannot take the
// place of the poll: the code that ends a span may run outside the
// testing/synctest bubble of the test that waits, and the runtime ends the
// program if a bubble's channel is closed from outside.
const (
	minPoll = time.Millisecond
	maxPoll = 50 * time.Millisecond
)

// Wait waits until the value of series is want.
func (r *Registry) Wait(ctx context.Context, series string, want float64) {
	r.tb.Helper()
	if _, err := parseSelector(series); err != nil {
		r.tb.Fatal(err)
	}
	err := poll(ctx, func() error {
		name, val, err := r.find(series)
		if err == nil && !same(val, want) {
			err = fmt.Errorf("%s is %v, want %v", name, val, want)
		}
		return err
	})
	if err != nil {
		r.tb.Fatal(err)
	}
}

// WaitSpan waits until a span of function has ended and returns the first such
// span. The function is given by its short or its full name.
func (r *Registry) WaitSpan(ctx context.Context, function string) (span *tracing.FinishedSpan) {
	r.tb.Helper()
	err := poll(ctx, func() error {
		if spans := r.Spans(function); len(spans) > 0 {
			span = spans[0]
			return nil
		}
		return fmt.Errorf("no span of %q has ended; spans are:\n%s", function, r.summary())
	})
	if err != nil {
		r.tb.Fatal(err)
	}
	return span
}

// poll calls check until it returns nil. If ctx ends first, or DefaultTimeout
// is over and ctx has no deadline, poll returns the last error of check.
func poll(ctx context.Context, check func() error) error {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, DefaultTimeout)
		defer cancel()
	}
	start, next := time.Now(), time.NewTimer(0)
	defer next.Stop()
	for {
		err := check()
		if err == nil {
			return nil
		}
		next.Reset(min(max(time.Since(start)/8, minPoll), maxPoll))
		select {
		case <-next.C:
		case <-ctx.Done():
			return fmt.Errorf("stopped waiting (%w): %w", ctx.Err(), err)
		}
	}
}
