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

	slot    chan struct{} // has an element while a walk runs, and for good after the last one
	walker  *Walker       // owned by who has the slot
	batches batchPool
	inTick  atomic.Bool             // a walk of a tick runs, or waits for the slot
	current atomic.Pointer[walkLog] // of the walk that runs

	wall                       wallClock
	clockSet                   atomic.Bool // the times of batches must not go on
	counts                     collectorCounts
	stepLog, longLog, panicLog limiter

	ticks    context.Context // ended by Close: no more ticks
	endTicks context.CancelFunc
	cancel   context.CancelFunc // cancels calls of Report
	quit     chan struct{}      // closed by Close: ends the runners
	running  sync.WaitGroup

	starting sync.Mutex
	joining  bool // guarded by starting; running.Wait was called, so that nothing may be added

	closing  atomic.Bool
	closed   chan struct{} // closed when Close is done
	closeErr error         // set before closed is closed
}

type collectorCounts struct {
	walks, panics, skipped atomic.Int64
	points, duplicates     atomic.Int64
	forgotten              atomic.Int64 // totals that would look new if they came back
	walkNanos              atomic.Int64 // of the last walk
	clockSteps             atomic.Int64
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
//
// A reporter that is nil is an error of each report, like a wrong address.
func New(src monkit.StatSource, o Options, r ...reporters.Reporter) *Collector {
	return newCollector(src, o, time.Now, r)
}

func newCollector(src monkit.StatSource, o Options, wall wallClock, r []reporters.Reporter) *Collector {
	ctx, cancel := context.WithCancel(context.Background())
	ticks, endTicks := context.WithCancel(context.Background())
	c := &Collector{
		opts:     o.withDefaults(),
		wall:     wall,
		slot:     make(chan struct{}, 1),
		batches:  newBatchPool(),
		ticks:    ticks,
		endTicks: endTicks,
		cancel:   cancel,
		quit:     make(chan struct{}),
		closed:   make(chan struct{}),
	}
	if isNil(src) {
		c.opts.Logger.Error("the source of a collector is nil; there is nothing to report", "source", fmt.Sprintf("%T", src))
		src = monkit.StatSourceFunc(func(func(monkit.SeriesKey, string, float64)) {})
	}
	c.walker = newWalker(src, &shared, o.Without)
	c.walker.tolerance = c.opts.Interval
	for i, rep := range r {
		run := newRunner(present(rep, i+1), c.opts)
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
	c.running.Go(c.tick)
	return c
}

func (c *Collector) hasRunner(name string) bool {
	return slices.ContainsFunc(c.runners, func(r *runner) bool { return r.name == name })
}

// tick walks at every multiple of the interval. A tick that comes while the walk
// of an earlier one runs is counted and skipped.
func (c *Collector) tick() {
	s := newSchedule(c.opts.Interval, c.wall)
	timer := time.NewTimer(s.wait())
	defer timer.Stop()
	for {
		select {
		case <-c.ticks.Done():
			return
		case <-timer.C:
		}
		at, missed, step := s.tick()
		if step != 0 {
			c.clockSet.Store(true)
		}
		if !c.walkAtTick(at) {
			missed++
		}
		c.counts.skipped.Add(missed)
		timer.Reset(s.wait())
		if step != 0 {
			c.logStep(step, at)
		}
	}
}

// snapshot walks the source and returns the batch with one reference.
func (c *Collector) snapshot(at time.Time) *sharedBatch {
	b, start := c.batches.get(), time.Now()
	if c.clockSet.Swap(false) {
		c.walker.stamped = time.Time{}
	}
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
// delivered or dropped it, or until ctx ends. Then it returns within 100 ms. The
// error joins those of the reporters that failed, and names what a walk is in
// that does not end. The batch of such a walk is reported when it ends.
func (c *Collector) Flush(ctx context.Context) error {
	select {
	case <-c.closed:
		return fmt.Errorf("collect: flush: %w", errClosed)
	default:
	}
	b, err := c.walkNow(ctx)
	if err != nil {
		return fmt.Errorf("collect: flush: %w", err)
	}
	expired, stop := afterGrace(ctx, graceTime)
	defer stop()
	return c.join(c.flush(ctx, b, expired))
}

// flush passes b, which it releases, to every runner, flushes all reporters and
// returns an error for each. It returns when expired is closed. If b is nil, only
// what was offered before is flushed.
func (c *Collector) flush(ctx context.Context, b *sharedBatch, expired <-chan struct{}) []error {
	if b != nil {
		for range c.runners {
			b.retain()
		}
		b.release()
	}
	return c.each(expired, func(r *runner) error {
		if err := r.pass(ctx, b); err != nil {
			return err
		}
		return r.flush(ctx)
	})
}

// each calls f for all runners at the same time and returns their errors. It
// returns when expired is closed: a reporter that ignores its context is
// abandoned.
func (c *Collector) each(expired <-chan struct{}, f func(*runner) error) []error {
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

// afterGrace returns a channel that is closed grace after ctx ends, unless stop
// is called before ctx ends.
func afterGrace(ctx context.Context, grace time.Duration) (expired <-chan struct{}, stop func() bool) {
	c := make(chan struct{})
	stop = context.AfterFunc(ctx, func() {
		time.AfterFunc(grace, func() { close(c) })
	})
	return c, stop
}
