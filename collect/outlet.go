package collect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"monkit.example/reporters"
)

// outlet is the way from the collector to one reporter: a goroutine and a
// place for one waiting batch. A newer batch takes the place of one that
// still waits, which counts as missed.
type outlet struct {
	name  string
	rep   reporters.Reporter
	log   *slog.Logger
	delay time.Duration // how much later than a tick it reports

	mu      sync.Mutex
	waiting *shared       // guarded by mu
	hurry   bool          // do not wait for delay; guarded by mu
	offered int64         // number of the newest walk that was offered; guarded by mu
	done    int64         // number of the newest walk that was reported; guarded by mu
	ended   bool          // run has returned; guarded by mu
	change  chan struct{} // closed and made anew when any of these change; guarded by mu
	counts  outletCounts  // guarded by mu
	failing bool          // owned by run
	failed  time.Time     // since when; owned by run
	streak  int           // failures in a row; owned by run
}

type outletCounts struct {
	batches, points             int64 // reported without an error
	missedBatches, missedPoints int64 // never reported, as the reporter was busy
	errors, panics              int64
}

func newOutlet(rep reporters.Reporter, o Options) *outlet {
	out := &outlet{name: nameOf(rep), rep: rep, log: o.Logger, change: make(chan struct{})}
	if o.Spread > 0 {
		out.delay = rand.N(o.Spread)
	}
	return out
}

// nameOf is what a reporter says it is called, or its type.
func nameOf(rep reporters.Reporter) string {
	if n, ok := rep.(interface{ Name() string }); ok && n.Name() != "" {
		return n.Name()
	}
	return fmt.Sprintf("%T", rep)
}

// uniqueName is name, with a number behind it if an outlet has it already.
func uniqueName(outlets []*outlet, name string) string {
	unique := name
	for n := 2; slices.ContainsFunc(outlets, func(o *outlet) bool { return o.name == unique }); n++ {
		unique = fmt.Sprintf("%s#%d", name, n)
	}
	return unique
}

// offer puts b in the waiting place, unless a newer walk was offered already.
func (o *outlet) offer(b *shared, hurry bool) {
	o.mu.Lock()
	o.hurry = o.hurry || hurry
	old := b
	if b.walk > o.offered {
		old, o.waiting, o.offered = o.waiting, b.hold(), b.walk
	} else {
		old.hold()
	}
	if old != nil {
		o.counts.missedBatches++
		o.counts.missedPoints += int64(len(old.Points))
	}
	o.changed()
	o.mu.Unlock()
	if old != nil {
		old.release()
	}
}

// changed wakes all who wait. The caller holds mu.
func (o *outlet) changed() {
	close(o.change)
	o.change = make(chan struct{})
}

// run reports what is offered until stop is closed and nothing waits. What a
// reporter still works on when ctx ends is up to the reporter.
func (o *outlet) run(ctx context.Context, stop <-chan struct{}) {
	for {
		b := o.next(stop)
		if b == nil {
			o.end()
			return
		}
		o.report(ctx, b)
	}
}

// end lets go of whoever still waits for the outlet.
func (o *outlet) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	o.changed()
}

// next waits for a batch and takes it, or returns nil at the end.
func (o *outlet) next(stop <-chan struct{}) *shared {
	for {
		o.mu.Lock()
		ready, change := o.waiting != nil, o.change
		o.mu.Unlock()
		if ready {
			o.pause(stop)
			return o.take()
		}
		select {
		case <-change:
		case <-stop:
			return o.take() // one last look: an offer may have come first
		}
	}
}

// take empties the waiting place.
func (o *outlet) take() *shared {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.waiting
	o.waiting, o.hurry = nil, false
	o.changed()
	return b
}

// pause waits for the outlet's delay, unless there is hurry.
func (o *outlet) pause(stop <-chan struct{}) {
	if o.delay <= 0 {
		return
	}
	timer := time.NewTimer(o.delay)
	defer timer.Stop()
	for {
		o.mu.Lock()
		hurry, change := o.hurry, o.change
		o.mu.Unlock()
		if hurry {
			return
		}
		select {
		case <-timer.C:
			return
		case <-stop:
			return
		case <-change:
		}
	}
}

// report hands b to the reporter and counts how it went.
func (o *outlet) report(ctx context.Context, b *shared) {
	points, walk := int64(len(b.Points)), b.walk
	err := guarded(func() error { return o.rep.Report(ctx, &b.Batch) })
	b.release()
	o.mu.Lock()
	o.done = walk
	var p panicError
	switch {
	case err == nil:
		o.counts.batches++
		o.counts.points += points
	case errors.As(err, &p):
		o.counts.panics++
	default:
		o.counts.errors++
	}
	o.changed()
	o.mu.Unlock()
	if err == nil {
		err = guarded(o.unavailable)
	}
	o.note(err)
}

// unavailable is what a reporter with a queue, which takes what it cannot
// send at once, says of its destination.
func (o *outlet) unavailable() error {
	if r, ok := o.rep.(interface{ Unavailable() error }); ok {
		return r.Unavailable()
	}
	return nil
}

// panicError is a reporter's panic as an error.
type panicError struct{ value any }

func (p panicError) Error() string { return fmt.Sprintf("panicked: %v", p.value) }

// guarded calls what is the reporter's and turns a panic into an error.
func guarded(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicError{v}
		}
	}()
	return f()
}

// note logs the first failure and the recovery.
func (o *outlet) note(err error) {
	switch {
	case err != nil && !o.failing:
		o.failing, o.failed, o.streak = true, time.Now(), 1
		o.log.Error("reporting failed", "reporter", o.name, "err", err)
	case err != nil:
		o.streak++
	case o.failing:
		o.failing = false
		o.log.Info("reporting again", "reporter", o.name, "after", time.Since(o.failed).Round(time.Second), "failures", o.streak)
	}
}

// settle waits until the walk of that number, or a newer one, is reported.
func (o *outlet) settle(ctx context.Context, walk int64) error {
	return o.until(ctx, func() bool { return o.done >= walk })
}

// free waits until a batch can be offered without pushing another out.
func (o *outlet) free(ctx context.Context) error {
	return o.until(ctx, func() bool { return o.waiting == nil })
}

// until waits for a condition, which is asked under mu, and sees to it that
// what waits for the outlet's delay does so no longer.
func (o *outlet) until(ctx context.Context, cond func() bool) error {
	for {
		o.mu.Lock()
		ok := cond()
		if !ok && o.waiting != nil && !o.hurry {
			o.hurry = true
			o.changed()
		}
		change, ended := o.change, o.ended
		o.mu.Unlock()
		if ok {
			return nil
		}
		if ended {
			return errClosed
		}
		select {
		case <-change:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var errClosed = errors.New("the collector is closed")

func (o *outlet) read() outletCounts {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.counts
}
