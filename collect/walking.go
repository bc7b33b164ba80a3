package collect

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"monkit.example/monkit"
)

// A walk calls code of the program: gauges, chained sources, transformers. That
// may never return. So each walk has a goroutine of its own, which no caller
// waits for longer than its context, and only one walk is at a time: what blocks
// holds one goroutine, however often Flush is called.

// A walk is logged that lasts for an interval, but at least for the first of these
// and at most for the second.
const (
	minLongWalk = time.Second
	maxLongWalk = 10 * time.Second
)

// acquire gets the right to walk. It fails when ctx ends, and when the collector
// is closed.
func (c *Collector) acquire(ctx context.Context) error {
	select {
	case c.slot <- struct{}{}:
		return nil
	default:
	}
	select {
	case c.slot <- struct{}{}:
		return nil
	case <-c.closed:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// release returns the right to walk, or keeps it if the collector is closed.
func (c *Collector) release() {
	<-c.slot
	c.retire()
}

// retire ends all walking if the collector is closed: it keeps the right to walk
// for good and gives back the numbers of all series. While a walk still runs it
// does nothing, since the end of that walk calls it again.
func (c *Collector) retire() {
	select {
	case <-c.closed:
	default:
		return
	}
	select {
	case c.slot <- struct{}{}:
		c.walker.table.close()
	default:
	}
}

// walkAtTick starts the walk of a tick and offers its batch to all reporters. It
// returns false, and does nothing, while that of an earlier tick runs. Only tick
// calls it.
func (c *Collector) walkAtTick(at time.Time) bool {
	if !c.inTick.CompareAndSwap(false, true) {
		return false
	}
	c.running.Go(func() {
		defer c.inTick.Store(false)
		waiting := time.Now()
		if c.acquire(c.ticks) != nil {
			return
		}
		late := time.Since(waiting).Truncate(c.opts.Interval) // waited for a walk of Flush
		b, w := c.walk(at.Add(late))
		c.offerIfOpen(b)
		w.logEnd()
	})
	return true
}

// walkNow walks and returns the batch with one reference, or an error when ctx
// ends. The batch of a walk that ends later is offered to all reporters then,
// unless the collector is closing.
func (c *Collector) walkNow(ctx context.Context) (*sharedBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("no walk was begun: %w", err)
	}
	if err := c.acquire(ctx); errors.Is(err, errClosed) {
		return nil, err
	} else if err != nil {
		return nil, c.lateError(err)
	}
	result := make(chan *sharedBatch)
	c.start(func() {
		b, w := c.walk(c.wall())
		select {
		case result <- b:
		case <-ctx.Done():
			c.offerIfOpen(b)
		}
		w.logEnd()
	})
	select {
	case b := <-result:
		if c.walker.ended.Load() {
			b.release()
			return nil, errClosed
		}
		return b, nil
	case <-ctx.Done():
		return nil, c.lateError(ctx.Err())
	}
}

// offerIfOpen offers b to all reporters, unless Close was called.
func (c *Collector) offerIfOpen(b *sharedBatch) {
	if c.ticks.Err() != nil {
		b.release()
		return
	}
	c.offer(b)
}

// walk walks in the calling goroutine, which has the right to and gives it back.
// The caller must call logEnd of the log, when nothing waits for it any more.
func (c *Collector) walk(at time.Time) (*sharedBatch, *walkLog) {
	w := &walkLog{c: c, began: time.Now()}
	w.timer = time.AfterFunc(min(max(c.opts.Interval, minLongWalk), maxLongWalk), w.logLong)
	c.current.Store(w)
	b := c.snapshot(at)
	w.timer.Stop()
	c.current.Store(nil)
	w.ended, w.panicked = w.took(), c.walker.panicked
	c.release()
	return b, w
}

// lateError is err with what the walk is in that has not ended.
func (c *Collector) lateError(err error) error {
	w := c.current.Load()
	if w == nil {
		return err
	}
	w.timer.Reset(0) // logs it now, in a goroutine of its own: the logger may block, too
	return fmt.Errorf("a walk has not ended after %v, in %s: %w", w.took(), c.callbacks(), err)
}

// walkLog logs what is remarkable of one walk.
type walkLog struct {
	c      *Collector
	began  time.Time
	timer  *time.Timer
	logged atomic.Bool // that the walk is long

	ended    time.Duration // after which it ended; owned by walk, as the next one
	panicked error
}

func (w *walkLog) took() time.Duration { return time.Since(w.began).Round(time.Millisecond) }

// logLong logs once that the walk is long, and what it is in.
func (w *walkLog) logLong() {
	if w.c.current.Load() != w || !w.logged.CompareAndSwap(false, true) {
		return
	}
	more, ok := w.c.longLog.allow()
	if !ok {
		w.logged.Store(false)
		return
	}
	w.c.opts.Logger.Warn("a walk takes long; ticks are skipped until it ends", "after", w.took(), "in", w.c.callbacks(), "more", more)
}

// logEnd logs that the walk has ended, if it was logged before, and that its
// source panicked.
func (w *walkLog) logEnd() {
	if w.logged.Load() {
		w.c.opts.Logger.Info("the walk has ended", "after", w.ended, "ticks_skipped", w.c.counts.skipped.Load())
	}
	if w.panicked == nil {
		return
	}
	if more, ok := w.c.panicLog.allow(); ok {
		w.c.opts.Logger.Error("the source panicked; samples after that are missing", "source", nameOfSource(w.c.walker.src), "err", w.panicked, "more", more)
	}
}

// callbacks names the functions of the program that a walk is in at present.
func (c *Collector) callbacks() string {
	var names []string
	if src, ok := c.walker.src.(interface{ RunningCallbacks(func(string)) }); ok {
		src.RunningCallbacks(func(name string) { names = append(names, name) })
	}
	if len(names) == 0 {
		return "source " + nameOfSource(c.walker.src)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// nameOfSource returns the name of a function, or the type of another source.
func nameOfSource(src monkit.StatSource) string {
	if v := reflect.ValueOf(src); v.Kind() == reflect.Func {
		if f := runtime.FuncForPC(v.Pointer()); f != nil {
			return f.Name()
		}
	}
	return fmt.Sprintf("%T", src)
}

// RunningCallbacks calls cb with a name for each reporter whose series are being
// read at present. It serves to find out why a walk does not return.
func (c *Collector) RunningCallbacks(cb func(name string)) {
	for _, r := range c.runners {
		if r.inStats.Load() > 0 {
			cb("the series of reporter " + r.name)
		}
	}
}

// cut ends the last walk: it takes no more samples. The source cannot be stopped,
// since a panic would leave its locks locked.
func (w *Walker) cut() { w.ended.Store(true) }
