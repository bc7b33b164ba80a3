package collect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/internal/naming"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// Collector walks a source at every tick and passes the batch to its
// reporters. All methods are safe for concurrent use.
type Collector struct {
	opts    Options
	runners []*runner // one for each reporter, in order
	detach  func()    // removes the collector's series from the registry; may be nil
	keys    statKeys

	walking sync.Mutex
	walker  *Walker // guarded by walking
	batches batchPool

	counts collectorCounts

	cancel  context.CancelFunc // cancels calls of Report
	stop    chan struct{}      // closed by Close: ends the ticks
	quit    chan struct{}      // closed by Close: ends the runners
	ticking sync.WaitGroup
	running sync.WaitGroup

	closing  sync.Once
	closed   chan struct{} // closed when Close is done
	closeErr error         // set before closed is closed
}

type collectorCounts struct {
	walks, panics, skipped atomic.Int64
	points, duplicates     atomic.Int64
	forgotten              atomic.Int64 // totals that would look new if they came back
	walkNanos              atomic.Int64 // of the last walk
}

// Every walks monkit.Default at every multiple of interval and passes the
// batches to r. It starts at once and never fails. What goes wrong with a
// reporter, such as an address, is logged to slog.Default.
func Every(interval time.Duration, r ...reporters.Reporter) *Collector {
	return New(monkit.Default, Options{Interval: interval, Logger: slog.Default()}, r...)
}

// New is Every for any source, with options. If src is a *monkit.Registry, the
// collector's own series are part of it until Close. For any other source the
// caller decides where to add the collector, which is a StatSource.
func New(src monkit.StatSource, o Options, r ...reporters.Reporter) *Collector {
	ctx, cancel := context.WithCancel(context.Background())
	c := &Collector{
		opts:    o.withDefaults(),
		walker:  newWalker(src, &shared, o.Without),
		batches: newBatchPool(),
		cancel:  cancel,
		stop:    make(chan struct{}),
		quit:    make(chan struct{}),
		closed:  make(chan struct{}),
	}
	for _, rep := range r {
		run := newRunner(rep, c.opts)
		run.name = naming.Unique(run.name, c.hasRunner)
		c.runners = append(c.runners, run)
	}
	c.keys = newStatKeys(c.runners)
	if reg, ok := src.(*monkit.Registry); ok {
		c.detach = reg.ScopeNamed("monkit.example/collect").Attach(c)
	}
	for _, r := range c.runners {
		c.running.Go(func() { r.run(ctx, c.quit) })
	}
	c.ticking.Go(c.tick)
	return c
}

func (c *Collector) hasRunner(name string) bool {
	return slices.ContainsFunc(c.runners, func(r *runner) bool { return r.name == name })
}

// tick walks at every multiple of the interval. A tick that is missed because
// a walk took too long is counted and skipped.
func (c *Collector) tick() {
	d := c.opts.Interval
	next := time.Now().Truncate(d).Add(d)
	timer := time.NewTimer(time.Until(next))
	defer timer.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-timer.C:
		}
		c.offer(c.snapshot(next))
		follow := time.Now().Truncate(d).Add(d)
		if missed := int64(follow.Sub(next)/d) - 1; missed > 0 {
			c.counts.skipped.Add(missed)
		}
		next = follow
		timer.Reset(time.Until(next))
	}
}

// snapshot walks the source and returns the batch with one reference.
func (c *Collector) snapshot(at time.Time) *sharedBatch {
	c.walking.Lock()
	defer c.walking.Unlock()
	b, start := c.batches.get(), time.Now()
	if b.fill(c.walker, at) {
		c.counts.panics.Add(1)
	}
	b.walk = c.counts.walks.Add(1)
	c.counts.walkNanos.Store(int64(time.Since(start)))
	c.counts.points.Store(int64(b.points()))
	c.counts.duplicates.Store(c.walker.Duplicates())
	c.counts.forgotten.Store(c.walker.table.forgotten)
	return b
}

// offer offers b to every runner and releases it.
func (c *Collector) offer(b *sharedBatch) {
	for _, r := range c.runners {
		r.offer(b, false)
	}
	b.release()
}

// Flush walks now, passes the batch to every reporter and waits until each has
// delivered or dropped it, or until ctx ends. The error joins those of the
// reporters that failed.
func (c *Collector) Flush(ctx context.Context) error {
	select {
	case <-c.closed:
		return fmt.Errorf("collect: flush: %w", errClosed)
	default:
	}
	return c.join(c.flush(ctx))
}

// flush returns an error for each runner.
func (c *Collector) flush(ctx context.Context) []error {
	b := c.snapshot(time.Now())
	defer b.release()
	return c.each(ctx, func(r *runner) error {
		if err := r.waitFree(ctx); err != nil {
			return fmt.Errorf("still reporting the previous batch: %w", err)
		}
		r.offer(b, true)
		if err := r.waitReported(ctx, b.walk); err != nil {
			return fmt.Errorf("still reporting the last batch: %w", err)
		}
		return r.rep.Flush(ctx)
	})
}

// each calls f for all runners at the same time and returns their errors. It
// does not wait longer than graceTime after ctx has ended: a reporter that
// ignores its context is abandoned.
func (c *Collector) each(ctx context.Context, f func(*runner) error) []error {
	type result struct {
		i   int
		err error
	}
	results := make(chan result, len(c.runners))
	errs := make([]error, len(c.runners))
	for i, r := range c.runners {
		errs[i] = errAbandoned
		go func() { results <- result{i, f(r)} }()
	}
	expired, stop := afterGrace(ctx)
	defer stop()
	for range c.runners {
		select {
		case r := <-results:
			errs[r.i] = r.err
		case <-expired:
			return errs
		}
	}
	return errs
}

// errAbandoned is the error of a reporter that did not return in time.
var errAbandoned = errors.New("abandoned, it does not return")

// join joins errs, one for each runner, with the reporters' names.
func (c *Collector) join(errs []error) error {
	var named []error
	for i, err := range errs {
		if err != nil {
			named = append(named, fmt.Errorf("reporter %s: %w", c.runners[i].name, err))
		}
	}
	return errors.Join(named...)
}

// graceTime is for how long reporters may return after their context has
// ended.
const graceTime = 100 * time.Millisecond

// closeTimeout is how long Close may take if its context has no deadline:
// long enough to send a whole queue to a destination that works, and no longer
// than supervisors wait before they kill a program.
const closeTimeout = 10 * time.Second

// afterGrace returns a channel that is closed graceTime after ctx ends, unless
// stop is called before ctx ends.
func afterGrace(ctx context.Context) (expired <-chan struct{}, stop func() bool) {
	c := make(chan struct{})
	stop = context.AfterFunc(ctx, func() {
		time.AfterFunc(graceTime, func() { close(c) })
	})
	return c, stop
}

// Close ends the ticks, walks a last time, flushes and closes every reporter
// and joins every goroutine. When ctx ends before that, Close returns within
// 100 ms, and the error names what was abandoned. A context without a deadline
// ends after 10 s here, so that a program can exit whose destination is
// unavailable. Close may be called several times; all calls return the error of
// the first.
func (c *Collector) Close(ctx context.Context) error {
	c.closing.Do(func() {
		if _, limited := ctx.Deadline(); !limited {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, closeTimeout)
			defer cancel()
		}
		c.close(ctx)
	})
	<-c.closed
	return c.closeErr
}

func (c *Collector) close(ctx context.Context) {
	defer close(c.closed)
	close(c.stop)
	c.ticking.Wait()
	errs := c.flush(ctx)
	close(c.quit)
	c.cancel()
	for i, err := range c.each(ctx, func(r *runner) error { return r.rep.Close(ctx) }) {
		if err != nil { // says what became of the lines that Flush left
			errs[i] = err
		}
	}
	c.closeErr = errors.Join(c.join(errs), c.waitRunners(ctx))
	if c.detach != nil {
		c.detach()
	}
	c.walking.Lock()
	defer c.walking.Unlock()
	c.walker.table.close()
}

// waitRunners joins the goroutines of the runners.
func (c *Collector) waitRunners(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		c.running.Wait()
		close(done)
	}()
	expired, stop := afterGrace(ctx)
	defer stop()
	select {
	case <-done:
		return nil
	case <-expired:
		return fmt.Errorf("collect: close: a reporter does not return from Report: %w", ctx.Err())
	}
}
