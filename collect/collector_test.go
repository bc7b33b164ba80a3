package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorded is what a probe keeps of one batch.
type recorded struct {
	at       time.Time
	interval time.Duration
	values   map[string]float64
}

// probe is a Reporter that records batches and calls do.
type probe struct {
	name    string
	do      func(ctx context.Context) error // in Report; may be nil
	mu      sync.Mutex
	batches []recorded
	flushed int
	closed  int
}

func (p *probe) Name() string { return p.name }

func (p *probe) Report(ctx context.Context, b *reporters.Batch) error {
	s := recorded{b.At, b.Interval, map[string]float64{}}
	for i := range b.Points {
		s.values[b.Points[i].Key.WithField(b.Points[i].Field)] = b.Points[i].Value
	}
	p.mu.Lock()
	p.batches = append(p.batches, s)
	p.mu.Unlock()
	if p.do != nil {
		return p.do(ctx)
	}
	return nil
}

func (p *probe) Flush(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flushed++
	return nil
}
func (p *probe) Close(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed++
	return nil
}

func (p *probe) all() []recorded {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]recorded(nil), p.batches...)
}

// own is a source that emits the series of its collector before its own.
type own struct {
	monkit.StatSourceFunc
	mu sync.Mutex
	c  *Collector
}

func (o *own) set(c *Collector) { o.mu.Lock(); defer o.mu.Unlock(); o.c = c }

func (o *own) Stats(cb func(monkit.SeriesKey, string, float64)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.c != nil {
		o.c.Stats(cb)
	}
	o.StatSourceFunc(cb)
}

// counting returns a source whose one series counts the walks.
func counting() monkit.StatSource {
	key, n := monkit.NewSeriesKey("walked"), 0.0
	return monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
		n++
		cb(key, "total", n)
	})
}

var noSpread = Options{Interval: 10 * time.Second, Spread: -1}

func closeNow(t *testing.T, c *Collector) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
}

func TestTicksFallOnMultiplesOfTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(3 * time.Second) // start between two multiples
		p := &probe{name: "p"}
		c := New(counting(), noSpread, p)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		closeNow(t, c)
		got := p.all()
		if len(got) != 4 { // three ticks and the walk of Close
			t.Fatalf("%d batches", len(got))
		}
		for i, s := range got[:3] {
			if !s.at.Equal(s.at.Truncate(10 * time.Second)) {
				t.Errorf("batch %d has the time %v", i, s.at)
			}
			if i > 0 && s.interval != 10*time.Second {
				t.Errorf("batch %d has an interval of %v", i, s.interval)
			}
			if s.values["walked total"] != float64(i+1) {
				t.Errorf("batch %d holds %v", i, s.values)
			}
		}
		if !got[3].at.After(got[2].at) || got[3].interval != 3*time.Second {
			t.Errorf("the last batch has the time %v and an interval of %v", got[3].at, got[3].interval)
		}
	})
}

func TestAllReportersGetTheSameBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &probe{name: "a"}, &probe{name: "b"}
		c := New(counting(), Options{}, a, b)
		time.Sleep(35 * time.Second)
		closeNow(t, c)
		if n := len(a.all()); n != 4 { // three ticks and the walk of Close
			t.Errorf("%d batches, want 4", n)
		}
		if x, y := fmt.Sprint(a.all()), fmt.Sprint(b.all()); x != y {
			t.Errorf("one reporter got %s, the other %s", x, y)
		}
	})
}

func TestBlockedReporterDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := &probe{name: "stuck", do: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		fine := &probe{name: "fine"}
		c := New(counting(), noSpread, stuck, fine)
		time.Sleep(100*time.Second + time.Millisecond)
		synctest.Wait()
		if n := len(fine.all()); n != 10 {
			t.Errorf("the other reporter got %d of 10 batches", n)
		}
		if n := c.runners[0].readCounts().droppedBatches; n != 8 { // one is being reported, one waits
			t.Errorf("%d batches are counted as dropped", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := c.Close(ctx); err == nil || !strings.Contains(err.Error(), "stuck") {
			t.Errorf("Close() = %v", err)
		}
		if d := time.Since(start); d > time.Second+2*graceTime {
			t.Errorf("Close took %v", d)
		}
	})
}

func TestFlushReportsTheNewestValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &probe{name: "p"}
		c := New(counting(), Options{Interval: time.Hour}, p)
		if err := c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := p.all(); len(got) != 1 || got[0].values["walked total"] != 1 || p.flushed != 1 {
			t.Errorf("after Flush: %v, flushed %d times", got, p.flushed)
		}
		closeNow(t, c)
		closeNow(t, c) // must return the same
		if p.closed != 1 {
			t.Errorf("closed %d times", p.closed)
		}
		if err := c.Flush(t.Context()); err == nil {
			t.Error("Flush after Close succeeds")
		}
	})
}

func TestFlushWaitsForABusyReporter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &probe{name: "p", do: func(context.Context) error { time.Sleep(time.Minute); return nil }}
		c := New(counting(), noSpread, p)
		time.Sleep(20*time.Second + time.Millisecond)
		if err := c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		last := p.all()[len(p.all())-1]
		if last.values["walked total"] < 3 {
			t.Errorf("the last batch after Flush holds %v", last.values)
		}
		closeNow(t, c)
	})
}

func TestTimesIncrease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &probe{name: "p"}
		c := New(counting(), noSpread, p)
		for range 5 {
			if err := c.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		closeNow(t, c)
		all := p.all()
		if len(all) != 6 { // five of Flush and one of Close
			t.Fatalf("%d batches, want 6", len(all))
		}
		for i, s := range all {
			if i > 0 && !s.at.After(all[i-1].at) {
				t.Errorf("batch %d has the time %v, the previous one %v", i, s.at, all[i-1].at)
			}
		}
	})
}

func TestLongWalkSkipsTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		src := monkit.StatSourceFunc(func(func(monkit.SeriesKey, string, float64)) {
			if first {
				first = false
				time.Sleep(35 * time.Second)
			}
		})
		p := &probe{name: "p"}
		c := New(src, noSpread, p)
		time.Sleep(61 * time.Second) // the walk of 10 s ends at 45 s; the next is at 50 s
		synctest.Wait()
		if n := c.counts.skipped.Load(); n != 3 {
			t.Errorf("%d ticks skipped", n)
		}
		if n := len(p.all()); n != 3 {
			t.Errorf("%d batches", n)
		}
		closeNow(t, c)
	})
}

func TestPanicsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &own{StatSourceFunc: func(cb func(monkit.SeriesKey, string, float64)) {
			cb(monkit.NewSeriesKey("before"), "value", 1)
			panic("source")
		}}
		bad := &probe{name: "bad", do: func(context.Context) error { panic("reporter") }}
		good := &probe{name: "good"}
		c := New(src, noSpread, bad, good)
		src.set(c)
		time.Sleep(20*time.Second + time.Millisecond)
		synctest.Wait()
		got := good.all()
		if len(got) != 2 || got[1].values["before value"] != 1 {
			t.Fatalf("the other reporter got %v", got)
		}
		if got[1].values["collect panics"] != 1 || got[1].values["collect_reporter,reporter=bad panics"] != 1 {
			t.Errorf("the collector emits %v", got[1].values)
		}
		closeNow(t, c)
	})
}

func TestFailureAndRecoveryAreLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		n := 0
		p := &probe{name: "p", do: func(context.Context) error {
			if n++; n < 4 {
				return errors.New("no route")
			}
			return nil
		}}
		o := noSpread
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c := New(counting(), o, p)
		time.Sleep(60 * time.Second)
		closeNow(t, c)
		if got := log.String(); strings.Count(got, "no route") != 1 || strings.Count(got, "reporting again") != 1 || !strings.Contains(got, "failures=3") {
			t.Errorf("logged:\n%s", got)
		}
	})
}

func TestWrongAddressIsLoggedAndStopsNoOtherReporter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		bad := reporters.NewPusher(nothing{}, reporters.Broken(errors.New(`address "x:y": port "y" is not a number`)), reporters.PusherOptions{Name: "bad"})
		good := &probe{name: "good"}
		o := noSpread
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		src := &own{StatSourceFunc: func(func(monkit.SeriesKey, string, float64)) {}}
		c := New(src, o, bad, good)
		src.set(c)
		time.Sleep(25 * time.Second)
		synctest.Wait()
		if n := strings.Count(log.String(), "is not a number"); n != 1 {
			t.Errorf("logged %d times:\n%s", n, log.String())
		}
		if got := good.all()[1].values["collect_reporter,reporter=bad errors"]; got != 1 {
			t.Errorf("the collector counts %v errors in %v", got, good.all()[1].values)
		}
		if err := c.Close(t.Context()); err == nil || strings.Count(err.Error(), "reporter bad: ") != 1 {
			t.Errorf("Close() = %v, want one error of the reporter", err)
		}
		if err := bad.Ledger().Check(); err != nil {
			t.Error(err)
		}
	})
}

// nothing encodes every point as an empty line.
type nothing struct{}

func (nothing) AppendRun(dst []byte, run []reporters.Point) ([]byte, int) {
	for range run {
		dst = append(dst, '\n')
	}
	return dst, 0
}

func TestClosedCollectorLeavesTheRegistry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := monkit.NewRegistry()
		c := New(reg, noSpread, &probe{name: "p"}, &probe{name: "p"})
		has := func() bool {
			stats := monkit.Collect(reg)
			_, one := stats["collect_reporter,reporter=p,scope=monkit.example/collect batches"]
			_, two := stats["collect_reporter,reporter=p#2,scope=monkit.example/collect batches"]
			return one && two
		}
		if !has() {
			t.Errorf("the collector is not in %v", monkit.Collect(reg))
		}
		closeNow(t, c)
		if has() {
			t.Error("a closed collector is still in the registry")
		}
	})
}

func TestSpreadDelaysTheReportNotItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, spread = 20, 5 * time.Second
		delays := make([]time.Duration, n)
		var probes []reporters.Reporter
		for i := range n {
			probes = append(probes, &probe{name: "p", do: func(context.Context) error {
				if delays[i] == 0 {
					delays[i] = time.Since(time.Now().Truncate(10 * time.Second))
				}
				return nil
			}})
		}
		c := New(counting(), Options{Interval: 10 * time.Second, Spread: spread}, probes...)
		time.Sleep(19 * time.Second)
		synctest.Wait()
		distinct := map[time.Duration]bool{}
		for i, p := range probes {
			all := p.(*probe).all()
			if len(all) != 1 || !all[0].at.Equal(all[0].at.Truncate(10*time.Second)) {
				t.Fatalf("reporter %d got %v, want one batch of the tick", i, all)
			}
			if delays[i] < 0 || delays[i] >= spread {
				t.Errorf("reporter %d was called %v after the tick, want less than %v", i, delays[i], spread)
			}
			distinct[delays[i]] = true
		}
		if len(distinct) < n/2 {
			t.Errorf("%d reporters have %d delays", n, len(distinct))
		}
		closeNow(t, c)
	})
}

func TestFlushDoesNotWaitForTheDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &probe{name: "p"}
		c := New(counting(), Options{Interval: 10 * time.Second, Spread: 5 * time.Second}, p)
		time.Sleep(10*time.Second + 1) // the batch of the tick waits for the delay
		start := time.Now()
		if err := c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 0 || len(p.all()) != 2 {
			t.Errorf("Flush took %v and %d batches were reported, want 0s and 2", took, len(p.all()))
		}
		closeNow(t, c)
	})
}

func TestConcurrentFlushAndClose(t *testing.T) {
	p := &probe{name: "p"}
	c := New(counting(), Options{Interval: time.Millisecond}, p)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				c.Flush(t.Context()) // may fail once it is closed
			}
			c.Close(t.Context())
		})
	}
	wg.Wait()
}

// queueing takes every batch, and is unavailable for a while.
type queueing struct {
	probe
	down func() error
}

func (q *queueing) Unavailable() error { return q.down() }

// logging is a queueing reporter that logs, and that loses a point a report.
type logging struct {
	queueing
	log  *slog.Logger
	lost atomic.Int64
}

func (l *logging) SetLogger(log *slog.Logger) bool { l.log = log; return true }

func (l *logging) Report(ctx context.Context, b *reporters.Batch) error {
	l.lost.Add(1)
	return l.queueing.Report(ctx, b)
}

func (l *logging) Ledger() ledger.Ledger {
	return ledger.Ledger{Accepted: l.lost.Load(), Dropped: ledger.Counts{ledger.Rejected: l.lost.Load()}}
}

func TestReporterThatLogsGetsTheLoggerOfTheCollector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		l := &logging{queueing: queueing{probe{name: "l"}, func() error { return errors.New("connection refused") }}}
		o := noSpread
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c := New(counting(), o, l)
		time.Sleep(25 * time.Second)
		synctest.Wait()
		if l.log.Info("of the reporter"); !strings.Contains(log.String(), "of the reporter") || strings.Contains(log.String(), "connection refused") {
			t.Errorf("logged:\n%s", log.String())
		}
		all := monkit.Collect(c)
		if all["collect_reporter,reporter=l errors"] != 2 || all["collect_reporter,reporter=l lost_points"] != 2 {
			t.Errorf("two walks whose points were lost are counted as %v", all)
		}
		closeNow(t, c)
		if err := l.Ledger().Check(); err != nil {
			t.Error(err)
		}
	})
}

func TestUnavailableDestinationIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		start := time.Now()
		q := &queueing{probe{name: "q"}, func() error {
			if d := time.Since(start); d > 20*time.Second && d < 50*time.Second {
				return errors.New("connection refused")
			}
			return nil
		}}
		o := noSpread
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c := New(counting(), o, q)
		time.Sleep(70 * time.Second)
		closeNow(t, c)
		if got := log.String(); strings.Count(got, "connection refused") != 1 || strings.Count(got, "reporting again") != 1 {
			t.Errorf("logged:\n%s", got)
		}
	})
}
