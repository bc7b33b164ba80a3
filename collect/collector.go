package collect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// Collector walks a source at every tick and hands what it finds to its
// reporters. All methods are safe for concurrent use.
type Collector struct {
	opts    Options
	outlets []*outlet
	detach  func() // takes the own stats out of the registry; may be nil

	walking sync.Mutex
	walker  *walker // used under walking
	spares  spares

	counts collectorCounts
	keys   statKeys

	cancel  context.CancelFunc // ends what reporters are still doing
	stop    chan struct{}      // closed by Close: no more ticks
	quit    chan struct{}      // closed by Close: the outlets end
	ticking sync.WaitGroup
	running sync.WaitGroup

	closing  sync.Once
	closed   chan struct{} // closed when Close is done
	closeErr error         // set before closed is
}

type collectorCounts struct {
	walks, panics, skipped atomic.Int64
	series, duplicates     atomic.Int64
	walkNanos              atomic.Int64 // of the last walk
}

// Every walks monkit.Default at every multiple of interval and hands what it
// finds to r. It starts at once and logs to slog.Default what goes wrong with
// a reporter, such as a bad address; it never fails.
func Every(interval time.Duration, r ...reporters.Reporter) *Collector {
	return New(monkit.Default, Options{Interval: interval, Logger: slog.Default()}, r...)
}

// New is Every for any source and with options. If src is a *monkit.Registry
// the collector's own stats are part of it until Close; where to put those of
// another source's collector, which is a StatSource, is up to the caller.
func New(src monkit.StatSource, o Options, r ...reporters.Reporter) *Collector {
	ctx, cancel := context.WithCancel(context.Background())
	c := &Collector{
		opts:   o.withDefaults(),
		walker: newWalker(src, o.Without...),
		spares: newSpares(),
		cancel: cancel,
		stop:   make(chan struct{}),
		quit:   make(chan struct{}),
		closed: make(chan struct{}),
	}
	for i, rep := range r {
		c.outlets = append(c.outlets, newOutlet(rep, c.opts))
		c.outlets[i].name = uniqueName(c.outlets[:i], c.outlets[i].name)
	}
	c.keys = newStatKeys(c.outlets)
	if reg, ok := src.(*monkit.Registry); ok {
		c.detach = reg.ScopeNamed("monkit.example/collect").Attach(c)
	}
	for _, out := range c.outlets {
		c.running.Go(func() { out.run(ctx, c.quit) })
	}
	c.ticking.Go(c.tick)
	return c
}

// tick walks at every multiple of the interval. A tick that is missed because
// a walk took too long is counted, never made up for.
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
		c.offer(c.snapshot(next), false)
		follow := time.Now().Truncate(d).Add(d)
		if missed := int64(follow.Sub(next)/d) - 1; missed > 0 {
			c.counts.skipped.Add(missed)
		}
		next = follow
		timer.Reset(time.Until(next))
	}
}

// snapshot walks the source into a new batch that the caller holds.
func (c *Collector) snapshot(at time.Time) *shared {
	c.walking.Lock()
	defer c.walking.Unlock()
	b, start := c.spares.take(), time.Now()
	if c.walker.snapshot(&b.Batch, at) {
		c.counts.panics.Add(1)
	}
	b.walk = c.counts.walks.Add(1)
	c.counts.walkNanos.Store(int64(time.Since(start)))
	c.counts.series.Store(int64(len(b.Points)))
	c.counts.duplicates.Store(c.walker.table.duplicates)
	return b
}

// offer hands b to every outlet and lets go of it.
func (c *Collector) offer(b *shared, hurry bool) {
	for _, out := range c.outlets {
		out.offer(b, hurry)
	}
	b.release()
}

// Flush walks now, hands the batch to every reporter and waits until each has
// delivered or dropped it, or ctx ends. The error joins those of the
// reporters that could not.
func (c *Collector) Flush(ctx context.Context) error {
	select {
	case <-c.closed:
		return fmt.Errorf("collect: flush: %w", errClosed)
	default:
	}
	return c.join(c.flush(ctx))
}

func (c *Collector) flush(ctx context.Context) []error {
	b := c.snapshot(time.Now())
	defer b.release()
	return c.each(ctx, func(out *outlet) error {
		if err := out.free(ctx); err != nil {
			return fmt.Errorf("still busy with the batch before: %w", err)
		}
		out.offer(b, true)
		if err := out.settle(ctx, b.walk); err != nil {
			return fmt.Errorf("still busy with the last batch: %w", err)
		}
		return out.rep.Flush(ctx)
	})
}

// each calls f for all outlets at once and returns what each said. It waits
// no more than a moment longer than ctx: a reporter that ignores its context
// is left behind.
func (c *Collector) each(ctx context.Context, f func(*outlet) error) []error {
	type result struct {
		i   int
		err error
	}
	results := make(chan result, len(c.outlets))
	errs := make([]error, len(c.outlets))
	for i, out := range c.outlets {
		errs[i] = errAbandoned
		go func() { results <- result{i, f(out)} }()
	}
	over, forget := afterGrace(ctx)
	defer forget()
	for range c.outlets {
		select {
		case r := <-results:
			errs[r.i] = r.err
		case <-over:
			return errs
		}
	}
	return errs
}

// errAbandoned is of a reporter that did not return in time.
var errAbandoned = errors.New("abandoned, it does not return")

// join names the reporters that errs, one for each, are of.
func (c *Collector) join(errs []error) error {
	var named []error
	for i, err := range errs {
		if err != nil {
			named = append(named, fmt.Errorf("reporter %s: %w", c.outlets[i].name, err))
		}
	}
	return errors.Join(named...)
}

// grace is how long reporters may take to notice that a context has ended.
const grace = 100 * time.Millisecond

// patience is how long Close may take if nobody says: enough to send a whole
// queue to what is there, and no more than whoever ends a program waits before
// killing it.
const patience = 10 * time.Second

// afterGrace returns a channel that is closed grace after ctx ends, unless
// forget is called before that.
func afterGrace(ctx context.Context) (over <-chan struct{}, forget func() bool) {
	c := make(chan struct{})
	forget = context.AfterFunc(ctx, func() {
		time.AfterFunc(grace, func() { close(c) })
	})
	return c, forget
}

// Close ends the ticks, walks a last time, flushes and closes every reporter
// and joins every goroutine. When ctx ends first it returns within 100 ms and
// says what was abandoned; one without a deadline ends after 10 s, so that no
// program hangs at its end because a destination is away. Only the first call
// does so; all return its result.
func (c *Collector) Close(ctx context.Context) error {
	c.closing.Do(func() {
		if _, limited := ctx.Deadline(); !limited {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, patience)
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
	for i, err := range c.each(ctx, func(out *outlet) error { return out.rep.Close(ctx) }) {
		if err != nil { // what became of the lines that Flush had to leave
			errs[i] = err
		}
	}
	c.closeErr = errors.Join(c.join(errs), c.wait(ctx))
	if c.detach != nil {
		c.detach()
	}
	c.walking.Lock()
	defer c.walking.Unlock()
	c.walker.table.close()
}

// wait joins the outlets' goroutines.
func (c *Collector) wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		c.running.Wait()
		close(done)
	}()
	over, forget := afterGrace(ctx)
	defer forget()
	select {
	case <-done:
		return nil
	case <-over:
		return fmt.Errorf("collect: close: a reporter does not return from Report: %w", ctx.Err())
	}
}
