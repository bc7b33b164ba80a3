package monkittest

import (
	"context"
	"fmt"
	"time"

	"monkit.example/tracing"
)

// Patience is how long to wait where the context has no deadline: more than a
// busy machine needs, and less than makes one look for what hangs.
const Patience = 10 * time.Second

// What is waited for is looked at from time to time: soon at first, then
// seldom enough to cost nothing, and never later than by an eighth of the time
// it took. No channel tells of it, since those that make it happen may be
// outside of the bubble of testing/synctest that waits.
const (
	firstLook = time.Millisecond
	lastLook  = 50 * time.Millisecond
)

// Wait waits until the value of series is want.
func (r *Registry) Wait(ctx context.Context, series string, want float64) {
	r.tb.Helper()
	if _, err := parse(series); err != nil {
		r.tb.Fatal(err)
	}
	missing := r.wait(ctx, func() error {
		name, val, err := r.find(series)
		if err == nil && !same(val, want) {
			err = fmt.Errorf("%s is %v, want %v", name, val, want)
		}
		return err
	})
	if missing != nil {
		r.tb.Fatal(missing)
	}
}

// WaitSpan waits until a span of function, its short or its full name, has
// ended, and returns the first of them.
func (r *Registry) WaitSpan(ctx context.Context, function string) (span *tracing.FinishedSpan) {
	r.tb.Helper()
	missing := r.wait(ctx, func() error {
		if spans := r.Spans(function); len(spans) > 0 {
			span = spans[0]
			return nil
		}
		return fmt.Errorf("no span of %q has ended; spans are:\n%s", function, r.seen())
	})
	if missing != nil {
		r.tb.Fatal(missing)
	}
	return span
}

// wait waits until nothing is missing, or returns what is.
func (r *Registry) wait(ctx context.Context, missing func() error) error {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, Patience)
		defer cancel()
	}
	began, look := time.Now(), time.NewTimer(0)
	defer look.Stop()
	for {
		err := missing()
		if err == nil {
			return nil
		}
		look.Reset(min(max(time.Since(began)/8, firstLook), lastLook))
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("waited in vain (%w): %w", ctx.Err(), err)
		}
	}
}
