package collect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/internal/loglimit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// runner calls one reporter from a goroutine of its own. It has room for one
// waiting batch. If a newer batch is offered while that one still waits, the
// older is dropped.
type runner struct {
	name  string
	rep   reporters.Reporter
	log   *slog.Logger
	logs  bool          // the reporter logs failures itself
	delay time.Duration // from a tick to the call of Report

	inStats  atomic.Int32  // calls of the reporter's Stats and IsTotal
	flushing chan struct{} // has an element during the one call of its Flush
	panicLog limiter

	mu      sync.Mutex
	waiting *sharedBatch  // guarded by mu, as all below
	urgent  bool          // report the waiting batch without the delay
	offered int64         // number of the newest walk that was offered
	done    int64         // number of the newest walk that was reported
	stopped bool          // run has returned
	changed chan struct{} // closed, and replaced, when one of these fields changes
	counts  runnerCounts

	failing bool           // owned by run, as all below
	failed  time.Time      // when failing was set
	streak  int            // failures in a row
	logged  bool           // the present failure was logged
	failLog loglimit.Limit // of records of failures
}

type runnerCounts struct {
	batches, points               int64 // that Report took without an error
	droppedBatches, droppedPoints int64 // that were replaced by newer ones
	lostPoints                    int64 // that the reporter has dropped
	errors, panics                int64
}

// newRunner returns the runner of rep, which must not be nil.
func newRunner(rep reporters.Reporter, o Options) *runner {
	r := &runner{rep: rep, log: o.Logger, changed: make(chan struct{}), flushing: make(chan struct{}, 1)}
	r.name = fmt.Sprintf("%T", rep)
	r.call("Name", func() error {
		r.name = nameOf(rep)
		return nil
	})
	if l, ok := rep.(reporters.Logging); ok {
		r.call("SetLogger", func() error {
			r.logs = l.SetLogger(o.Logger)
			return nil
		})
	}
	if o.Spread > 0 {
		r.delay = rand.N(o.Spread)
	}
	return r
}

// nameOf returns the name of a reporter, or its type.
func nameOf(rep reporters.Reporter) string {
	if n, ok := rep.(reporters.Named); ok && n.Name() != "" {
		return n.Name()
	}
	return fmt.Sprintf("%T", rep)
}

// call calls f, which calls that method of the reporter. A panic is counted,
// logged, and returned as an error.
func (r *runner) call(method string, f func() error) error {
	err := guarded(f)
	r.notePanic(method, err)
	return err
}

// notePanic counts and logs err if it is a panic.
func (r *runner) notePanic(method string, err error) {
	var p panicError
	if !errors.As(err, &p) {
		return
	}
	r.mu.Lock()
	r.counts.panics++
	r.mu.Unlock()
	if more, ok := r.panicLog.allow(); ok {
		r.log.Error("a reporter panicked", "reporter", r.name, "method", method, "err", err, "more", more)
	}
}

// pass offers b, which it releases, without dropping another batch, and waits
// until it is reported. If b is nil, it waits for the batches before.
func (r *runner) pass(ctx context.Context, b *sharedBatch) error {
	if b == nil {
		if err := r.waitOffered(ctx); err != nil {
			return fmt.Errorf("still reporting the last batch: %w", err)
		}
		return nil
	}
	defer b.release()
	if err := r.waitFree(ctx); err != nil {
		return fmt.Errorf("still reporting the previous batch: %w", err)
	}
	r.offer(b, true)
	if err := r.waitReported(ctx, b.walk); err != nil {
		return fmt.Errorf("still reporting the last batch: %w", err)
	}
	return nil
}

// flush calls the reporter's Flush, once at a time: one that never returns must
// not get another goroutine with each flush.
func (r *runner) flush(ctx context.Context) error {
	select {
	case r.flushing <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("an earlier Flush does not return: %w", ctx.Err())
	}
	defer func() { <-r.flushing }()
	return r.call("Flush", func() error { return r.rep.Flush(ctx) })
}

// close calls the reporter's Close.
func (r *runner) close(ctx context.Context) error {
	return r.call("Close", func() error { return r.rep.Close(ctx) })
}

// hurry ends the delay of the waiting batch.
func (r *runner) hurry() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.urgent = true
	r.notifyLocked()
}

// offer makes b the waiting batch, unless a newer walk was offered before.
func (r *runner) offer(b *sharedBatch, urgent bool) {
	r.mu.Lock()
	r.urgent = r.urgent || urgent
	dropped := b
	if b.walk > r.offered {
		dropped, r.waiting, r.offered = r.waiting, b.retain(), b.walk
	} else {
		dropped.retain()
	}
	if dropped != nil {
		r.counts.droppedBatches++
		r.counts.droppedPoints += int64(dropped.points())
	}
	r.notifyLocked()
	r.mu.Unlock()
	if dropped != nil {
		dropped.release()
	}
}

// notifyLocked wakes every goroutine that waits for changed.
func (r *runner) notifyLocked() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// run reports the batches that are offered until stop is closed and none
// waits. It passes ctx to the reporter.
func (r *runner) run(ctx context.Context, stop <-chan struct{}) {
	for {
		b := r.next(stop)
		if b == nil {
			r.markStopped()
			return
		}
		r.report(ctx, b)
	}
}

func (r *runner) markStopped() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	r.notifyLocked()
}

// next waits for a batch and for the delay. It returns nil at the end.
func (r *runner) next(stop <-chan struct{}) *sharedBatch {
	for {
		r.mu.Lock()
		ready, changed := r.waiting != nil, r.changed
		r.mu.Unlock()
		if ready {
			r.waitDelay(stop)
			return r.takeWaiting()
		}
		select {
		case <-changed:
		case <-stop:
			return r.takeWaiting() // a batch may have been offered before stop was closed
		}
	}
}

// takeWaiting returns the waiting batch, if there is one, and its reference.
func (r *runner) takeWaiting() *sharedBatch {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.waiting
	r.waiting, r.urgent = nil, false
	r.notifyLocked()
	return b
}

// waitDelay waits for the delay, or until the waiting batch is urgent.
func (r *runner) waitDelay(stop <-chan struct{}) {
	if r.delay <= 0 {
		return
	}
	timer := time.NewTimer(r.delay)
	defer timer.Stop()
	for {
		r.mu.Lock()
		urgent, changed := r.urgent, r.changed
		r.mu.Unlock()
		if urgent {
			return
		}
		select {
		case <-timer.C:
			return
		case <-stop:
			return
		case <-changed:
		}
	}
}

// report passes b to the reporter and counts the result.
func (r *runner) report(ctx context.Context, b *sharedBatch) {
	points, walk := int64(b.points()), b.walk
	err := guarded(func() error { return b.report(ctx, r.rep) })
	b.release()
	lost, known := r.lost()
	r.count(walk, points, lost, known, err)
	if err == nil {
		err = r.unavailable()
	}
	r.logChange(err)
}

// count counts a batch. A reporter that has lost points since the last one has
// an error, too: it queues them, and so returns none. If it is not known how many it
// has lost, the former number stays: a total that falls would be taken for a restart.
func (r *runner) count(walk, points, lost int64, known bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = walk
	if !known {
		lost = r.counts.lostPoints
	}
	var p panicError
	switch {
	case err == nil:
		r.counts.batches++
		r.counts.points += points
		if lost > r.counts.lostPoints {
			r.counts.errors++
		}
	case errors.As(err, &p):
		r.counts.panics++
	default:
		r.counts.errors++
	}
	r.counts.lostPoints = lost
	r.notifyLocked()
}

// unavailable returns why the destination of the reporter does not get its
// lines, unless the reporter logs that itself.
func (r *runner) unavailable() (err error) {
	a, ok := r.rep.(reporters.Availability)
	if !ok || r.logs {
		return nil
	}
	r.call("Unavailable", func() error {
		err = a.Unavailable()
		return nil
	})
	return err
}

// lost returns how many points the reporter's ledger counts as dropped. That is not
// known if the reporter panics.
func (r *runner) lost() (points int64, known bool) {
	err := r.call("Ledger", func() error {
		if k, ok := r.rep.(ledger.Keeper); ok {
			points = k.Ledger().Dropped.Sum()
		}
		return nil
	})
	return points, err == nil
}

// logChange logs the first failure in a row, at most once a minute, and the recovery
// from one that was logged. A failure that lasts until it may be logged is logged then.
func (r *runner) logChange(err error) {
	if err != nil {
		r.fail(err)
		return
	}
	if r.logged {
		r.log.Info("reporting again", "reporter", r.name, "after", time.Since(r.failed).Round(time.Second), "failures", r.streak)
	}
	r.failing, r.logged = false, false
}

// fail notes a failure.
func (r *runner) fail(err error) {
	if !r.failing {
		r.failing, r.failed, r.streak = true, time.Now(), 0
	}
	r.streak++
	if r.logged {
		return
	}
	if more, ok := r.failLog.Allow(time.Now()); ok {
		r.logged = true
		r.log.Error("reporting failed", "reporter", r.name, "err", err, "more", more)
	}
}

// waitReported waits until the walk of that number, or a newer one, was
// reported.
func (r *runner) waitReported(ctx context.Context, walk int64) error {
	return r.waitFor(ctx, func() bool { return r.done >= walk })
}

// waitOffered waits until all batches that were offered are reported.
func (r *runner) waitOffered(ctx context.Context) error {
	return r.waitFor(ctx, func() bool { return r.done >= r.offered })
}

// waitFree waits until a batch can be offered without dropping another.
func (r *runner) waitFree(ctx context.Context) error {
	return r.waitFor(ctx, func() bool { return r.waiting == nil })
}

// waitFor waits until cond, which is called under mu, returns true. It makes
// the waiting batch urgent, so that the wait is not for the delay.
func (r *runner) waitFor(ctx context.Context, cond func() bool) error {
	for {
		r.mu.Lock()
		ok := cond()
		if !ok && r.waiting != nil && !r.urgent {
			r.urgent = true
			r.notifyLocked()
		}
		changed, stopped := r.changed, r.stopped
		r.mu.Unlock()
		if ok {
			return nil
		}
		if stopped {
			return errClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var errClosed = errors.New("the collector is closed")

func (r *runner) readCounts() runnerCounts {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts
}
