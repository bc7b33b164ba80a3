package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// lockedBuffer is a buffer that goroutines share.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

type stuckStats struct{ block func() }

func (s stuckStats) Stats(func(monkit.SeriesKey, string, float64)) { s.block() }

type stuckTotal struct {
	key   monkit.SeriesKey
	block func()
}

func (s stuckTotal) Stats(cb func(monkit.SeriesKey, string, float64)) { cb(s.key, "n", 1) }

func (s stuckTotal) IsTotal(monkit.SeriesKey, string) (total, known bool) {
	s.block()
	return false, false
}

// stuckSources are all kinds of code that a walk calls.
var stuckSources = []struct {
	kind, name string
	source     func(r *monkit.Registry, block func()) monkit.StatSource
}{
	{"gauge", "gauge queue_length,scope=s", func(r *monkit.Registry, block func()) monkit.StatSource {
		r.ScopeNamed("s").Gauge("queue_length", func() float64 { block(); return 1 })
		return r
	}},
	{"chained source", "source *collect.stuckStats of scope s", func(r *monkit.Registry, block func()) monkit.StatSource {
		r.ScopeNamed("s").Chain(&stuckStats{block})
		return r
	}},
	{"attached source", "stuckStats of scope s", func(r *monkit.Registry, block func()) monkit.StatSource {
		r.ScopeNamed("s").Attach(&stuckStats{block})
		return r
	}},
	{"transformer", "transformer monkit.example/collect.", func(r *monkit.Registry, block func()) monkit.StatSource {
		return r.WithTransformers(monkit.CallbackTransformerFunc(func(cb func(monkit.SeriesKey, string, float64)) func(monkit.SeriesKey, string, float64) {
			return func(key monkit.SeriesKey, field string, val float64) { block(); cb(key, field, val) }
		}))
	}},
	{"source that knows totals", "stuckTotal of scope s", func(r *monkit.Registry, block func()) monkit.StatSource {
		r.ScopeNamed("s").Chain(&stuckTotal{monkit.NewSeriesKey("t"), block})
		return r
	}},
	{"source of no registry", "source monkit.example/collect.", func(_ *monkit.Registry, block func()) monkit.StatSource {
		return monkit.StatSourceFunc(func(func(monkit.SeriesKey, string, float64)) { block() })
	}},
}

// blockingTest runs test, in a bubble, with a collector of a source that blocks
// from the first walk on until release is called.
func blockingTest(t *testing.T, kind int, o Options, test func(t *testing.T, c *Collector, p *probe, log *lockedBuffer, release func())) {
	synctest.Test(t, func(t *testing.T) {
		log := new(lockedBuffer)
		o.Logger = slog.New(slog.NewTextHandler(log, nil))
		released := make(chan struct{})
		reg := monkit.NewRegistry()
		reg.ScopeNamed("z").Counter("counter").Inc(1)
		src := stuckSources[kind].source(reg, func() { <-released })
		p := &probe{name: "p"}
		c := New(src, o, p)
		test(t, c, p, log, sync.OnceFunc(func() { close(released) }))
	})
}

// open-telemetry/opentelemetry-go#4356 and #3663: a callback that blocks, and with
// it Shutdown and ForceFlush, whatever their context says.
func TestBlockedWalkKeepsTheBounds(t *testing.T) {
	for kind, tt := range stuckSources {
		for _, call := range []struct {
			name  string
			limit time.Duration // of the context; zero is none
			want  time.Duration
			call  func(c *Collector, ctx context.Context) error
		}{
			{"Flush", 200 * time.Millisecond, 200 * time.Millisecond, (*Collector).Flush},
			{"Close", 200 * time.Millisecond, 200 * time.Millisecond, (*Collector).Close},
			{"Close without a deadline", 0, closeTimeout, (*Collector).Close},
		} {
			t.Run(tt.kind+"/"+call.name, func(t *testing.T) {
				blockingTest(t, kind, Options{Interval: time.Hour, Spread: -1}, func(t *testing.T, c *Collector, p *probe, log *lockedBuffer, release func()) {
					ctx := t.Context()
					if call.limit > 0 {
						limited, cancel := context.WithTimeout(ctx, call.limit)
						defer cancel()
						ctx = limited
					}
					began := time.Now()
					err := call.call(c, ctx)
					if took := time.Since(began); took > call.want+graceTime {
						t.Errorf("it took %v, want %v", took, call.want)
					}
					if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), tt.name) {
						t.Errorf("error %v, want one that names %s", err, tt.name)
					}
					synctest.Wait()
					if got := log.String(); strings.Count(got, tt.name) != 1 {
						t.Errorf("%s is not named once:\n%s", tt.name, got)
					}
					release()
					synctest.Wait()
					closeQuickly(t, c)
				})
			})
		}
	}
}

// closeQuickly closes a collector whose Close may have been called, and fails if
// it waits for more than a walk.
func closeQuickly(t *testing.T, c *Collector) {
	t.Helper()
	began := time.Now()
	c.Close(t.Context()) // the error is that of the first call
	if took := time.Since(began); took > time.Second {
		t.Errorf("Close took %v", took)
	}
}

func TestTicksAreSkippedWhileAWalkBlocks(t *testing.T) {
	for kind, tt := range stuckSources {
		t.Run(tt.kind, func(t *testing.T) {
			blockingTest(t, kind, noSpread, func(t *testing.T, c *Collector, p *probe, log *lockedBuffer, release func()) {
				time.Sleep(95 * time.Second) // 9 ticks, the first of which walks
				synctest.Wait()
				if got := monkit.Collect(c)["collect ticks_skipped"]; got != 8 {
					t.Errorf("%v ticks are counted as skipped, want 8", got)
				}
				if got := log.String(); strings.Count(got, tt.name) != 1 {
					t.Errorf("%s is not named once:\n%s", tt.name, got)
				}
				release()
				time.Sleep(30 * time.Second) // the walk that was blocked, and the ticks at 100, 110 and 120 s
				synctest.Wait()
				if got := len(p.all()); got != 4 {
					t.Errorf("%d batches after the source was released, want 4", got)
				}
				if got := log.String(); strings.Count(got, "the walk has ended") != 1 || !strings.Contains(got, "ticks_skipped=8") {
					t.Errorf("the end is not logged once:\n%s", got)
				}
				closeNow(t, c)
			})
		})
	}
}

// Calls that give up must not leave a goroutine each.
func TestBlockedWalkHoldsOneGoroutine(t *testing.T) {
	blockingTest(t, 0, noSpread, func(t *testing.T, c *Collector, p *probe, log *lockedBuffer, release func()) {
		flush := func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := c.Flush(ctx); err == nil {
				t.Error("Flush succeeds")
			}
		}
		time.Sleep(21 * time.Second)
		flush()
		synctest.Wait()
		before := runtime.NumGoroutine()
		for range 20 {
			flush()
		}
		synctest.Wait()
		if after := runtime.NumGoroutine(); after > before+5 { // the runtime may have others
			t.Errorf("%d goroutines after 20 more calls of Flush, %d before them", after, before)
		}
		release()
		closeNow(t, c)
	})
}

// What was reported before the last walk must still be sent while that blocks.
func TestBlockedLastWalkLeavesTimeToFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		released := make(chan struct{})
		var block atomic.Bool
		src := monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
			cb(monkit.NewSeriesKey("m"), "value", 1)
			if block.Load() {
				<-released
			}
		})
		flushed := false
		p := &flushing{probe: probe{name: "p"}, flush: func(ctx context.Context) error {
			flushed = ctx.Err() == nil
			return nil
		}}
		c := New(src, Options{Interval: 10 * time.Second, Spread: 5 * time.Second}, p)
		time.Sleep(10*time.Second + 1) // the batch waits for the delay
		block.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := c.Close(ctx)
		if err == nil || !strings.Contains(err.Error(), "the last values are not reported") {
			t.Errorf("Close() = %v", err)
		}
		if len(p.all()) != 1 || !flushed {
			t.Errorf("%d batches were reported, flushed in time: %v, want 1 and true", len(p.all()), flushed)
		}
		close(released)
	})
}

// flushing is a probe with code in Flush and Close.
type flushing struct {
	probe
	flush, close func(ctx context.Context) error
}

func (f *flushing) Flush(ctx context.Context) error {
	if f.flush != nil {
		return f.flush(ctx)
	}
	return f.probe.Flush(ctx)
}

func (f *flushing) Close(ctx context.Context) error {
	if f.close != nil {
		return f.close(ctx)
	}
	return f.probe.Close(ctx)
}

// Reporters that ignore their context must not keep Flush and Close, and each call
// must not leave another goroutine in them.
func TestBlockedReporterKeepsTheBounds(t *testing.T) {
	for _, in := range []string{"Report", "Flush", "Close"} {
		t.Run(in, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				released := make(chan struct{})
				block := func(context.Context) error { <-released; return nil }
				p := &flushing{probe: probe{name: "blocked"}}
				switch in {
				case "Report":
					p.do = block
				case "Flush":
					p.flush = block
				case "Close":
					p.close = block
				}
				other := &probe{name: "other"}
				c := New(counting(), noSpread, p, other)
				for range 3 {
					bounded(t, 200*time.Millisecond, in != "Close", c.Flush)
				}
				before := runtime.NumGoroutine()
				for range 10 {
					bounded(t, 200*time.Millisecond, in != "Close", c.Flush)
				}
				if after := runtime.NumGoroutine(); after > before+5 { // the runtime may have others
					t.Errorf("%d goroutines after ten more calls of Flush, %d before them", after, before)
				}
				bounded(t, 200*time.Millisecond, true, c.Close)
				if n := len(other.all()); n != 14 {
					t.Errorf("the other reporter got %d batches, want 14", n)
				}
				if other.closed != 1 {
					t.Errorf("the other reporter was closed %d times", other.closed)
				}
				close(released)
			})
		})
	}
}

// bounded calls f with a context that ends, and checks when it returns, and
// whether its error names the reporter.
func bounded(t *testing.T, limit time.Duration, fails bool, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	began := time.Now()
	err := f(ctx)
	if took := time.Since(began); took > limit+graceTime {
		t.Errorf("it took %v, want %v", took, limit)
	}
	if fails != (err != nil && strings.Contains(err.Error(), "reporter blocked: ")) {
		t.Errorf("error %v, want one of the reporter: %v", err, fails)
	}
	synctest.Wait()
}

// A second Close obeys its own context.
func TestSecondCloseReturnsWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(counting(), noSpread, &away{probe{name: "away"}})
		first := make(chan error)
		go func() { first <- c.Close(t.Context()) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if err := c.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close() = %v, want that its context has ended", err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("Close took %v, want 1s", took)
		}
		if one, two := <-first, c.Close(t.Context()); one == nil || one != two {
			t.Errorf("Close() = %v, and again %v, want the same error", one, two)
		}
	})
}

// Numbers of series are given back, also if the last walk ends after Close.
func TestNumbersAreReleasedAfterAWalkThatOutlivesClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		released := make(chan struct{})
		numbers := new(ids)
		n := 0
		src := monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
			for i := range 10 {
				cb(monkit.NewSeriesKey(fmt.Sprintf("m%d", i)), "value", 1)
			}
			if n++; n > 1 {
				<-released
			}
		})
		c := New(src, noSpread, &probe{name: "p"})
		c.slot <- struct{}{} // no walk runs
		c.walker.table.ids = numbers
		<-c.slot
		time.Sleep(10*time.Second + 1)
		bounded(t, time.Second, false, c.Close)
		if got := len(numbers.points.free); got != 0 {
			t.Errorf("%d numbers are free while a walk runs", got)
		}
		close(released)
		synctest.Wait()
		if points, series := len(numbers.points.free), len(numbers.series.free); points != 10 || series != 10 {
			t.Errorf("%d numbers of points and %d of series are free, want 10 of each", points, series)
		}
		if err := c.Flush(t.Context()); err == nil {
			t.Error("Flush after Close succeeds")
		}
	})
}

var _ reporters.Reporter = (*flushing)(nil)
