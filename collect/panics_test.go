package collect

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/safelog"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// panicking is a reporter with all optional interfaces. One of its methods panics.
type panicking struct{ in string }

func (p *panicking) panicIn(method string) {
	if p.in == method {
		panic("out of order")
	}
}

func (p *panicking) Report(context.Context, *reporters.Batch) error { p.panicIn("Report"); return nil }
func (p *panicking) Flush(context.Context) error                    { p.panicIn("Flush"); return nil }
func (p *panicking) Close(context.Context) error                    { p.panicIn("Close"); return nil }
func (p *panicking) Name() string                                   { p.panicIn("Name"); return "bad" }
func (p *panicking) SetLogger(*slog.Logger) bool                    { p.panicIn("SetLogger"); return false }
func (p *panicking) Unavailable() error                             { p.panicIn("Unavailable"); return nil }
func (p *panicking) Ledger() ledger.Ledger                          { p.panicIn("Ledger"); return ledger.Ledger{} }

func (p *panicking) Stats(cb func(monkit.SeriesKey, string, float64)) {
	cb(monkit.NewSeriesKey("of_bad"), "value", 1)
	p.panicIn("Stats")
}

func (p *panicking) IsTotal(monkit.SeriesKey, string) (total, known bool) {
	p.panicIn("IsTotal")
	return false, false
}

// courier#1193: a nil pointer in a backend's Flush ends the process that it
// measures.
func TestReporterThatPanicsEndsNothing(t *testing.T) {
	for _, method := range []string{"Report", "Flush", "Close", "Name", "SetLogger", "Unavailable", "Ledger", "Stats", "IsTotal"} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := new(lockedBuffer)
				o := noSpread
				o.Logger = slog.New(slog.NewTextHandler(log, nil))
				good := &probe{name: "good"}
				src := &own{StatSourceFunc: func(cb func(monkit.SeriesKey, string, float64)) { cb(monkit.NewSeriesKey("m"), "value", 1) }}
				c := New(src, o, &panicking{method}, good)
				src.set(c)
				time.Sleep(20*time.Second + time.Millisecond)
				flushErr := c.Flush(t.Context())
				_, _ = c.IsTotal(monkit.NewSeriesKey("of_bad"), "value")
				src.set(nil)
				closeErr := c.Close(t.Context())

				all := good.all()
				if len(all) != 4 || good.flushed != 2 || good.closed != 1 {
					t.Errorf("the other reporter got %d batches and was flushed %d times and closed %d times, want 4, 2 and 1", len(all), good.flushed, good.closed)
				}
				for i, b := range all[:3] {
					if b.values["m value"] != 1 || b.values["collect_reporter,reporter=good batches"] != float64(i) {
						t.Errorf("batch %d lacks series after those of the reporter: %v", i, b.values)
					}
				}
				name := "bad"
				if method == "Name" {
					name = "*collect.panicking"
				}
				if n := monkit.Collect(c)["collect_reporter,reporter="+name+" panics"]; n == 0 {
					t.Error("the panic is not counted")
				}
				if got := log.String(); strings.Count(got, "out of order") != 1 || !strings.Contains(got, "reporter="+name) ||
					!strings.Contains(got, "out of order (in monkit.example/collect.(*panicking).panicIn, line ") {
					t.Errorf("logged, instead of once with the reporter and the place:\n%s", got)
				}
				for _, err := range []struct {
					of   string
					got  error
					want bool
				}{{"Flush", flushErr, method == "Flush"}, {"Close", closeErr, method == "Flush" || method == "Close"}} {
					if is := err.got != nil && strings.Contains(err.got.Error(), "reporter bad: panicked: out of order"); is != err.want || !err.want && err.got != nil {
						t.Errorf("%s() = %v, want the panic: %v", err.of, err.got, err.want)
					}
				}
			})
		})
	}
}

// A reporter that is nil is like one with a wrong address: logged, an error of
// Close, and no harm to others.
func TestNilReporterIsReported(t *testing.T) {
	for _, tt := range []struct {
		name string
		rep  reporters.Reporter
		want string
	}{
		{"nil", nil, "reporter 2 is nil; pass one that a New function has returned"},
		{"nil pointer", (*reporters.Pusher)(nil), "reporter 2 is nil (a *reporters.Pusher); pass"},
		{"nil pointer of another type", (*probe)(nil), "reporter 2 is nil (a *collect.probe); pass"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := new(lockedBuffer)
				o := noSpread
				o.Logger = slog.New(slog.NewTextHandler(log, nil))
				good := &probe{name: "good"}
				c := New(counting(), o, good, tt.rep)
				time.Sleep(30*time.Second + time.Millisecond)
				synctest.Wait()
				if got := monkit.Collect(c); got["collect_reporter,reporter=nil errors"] != 3 || got["collect_reporter,reporter=nil panics"] != 0 {
					t.Errorf("three ticks are counted as %v", got)
				}
				if got := log.String(); strings.Count(got, tt.want) != 1 {
					t.Errorf("logged, instead of %q once:\n%s", tt.want, got)
				}
				for _, f := range []func(context.Context) error{c.Flush, c.Close} {
					if err := f(t.Context()); err == nil || !strings.Contains(err.Error(), "reporter nil: "+tt.want) {
						t.Errorf("error %v, want %q", err, tt.want)
					}
				}
				if n := len(good.all()); n < 4 {
					t.Errorf("the other reporter got %d batches", n)
				}
			})
		})
	}
}

func TestNilSourceIsLogged(t *testing.T) {
	for name, src := range map[string]monkit.StatSource{"nil": nil, "nil pointer": (*monkit.Registry)(nil), "nil function": monkit.StatSourceFunc(nil)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := new(lockedBuffer)
				o := noSpread
				o.Logger = slog.New(slog.NewTextHandler(log, nil))
				c := New(src, o, &probe{name: "p"})
				time.Sleep(30 * time.Second)
				closeNow(t, c)
				if got := log.String(); strings.Count(got, "the source of a collector is nil") != 1 || strings.Contains(got, "panicked") {
					t.Errorf("logged:\n%s", got)
				}
			})
		})
	}
}

func TestSourceThatPanicsIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(lockedBuffer)
		o := noSpread
		o.Logger = slog.New(slog.NewTextHandler(log, nil))
		c := New(&panicking{"Stats"}, o)
		time.Sleep(55 * time.Second)
		if got := monkit.Collect(c)["collect panics"]; got != 5 {
			t.Errorf("%v panics are counted, want 5", got)
		}
		closeNow(t, c)
		if got := log.String(); strings.Count(got, "the source panicked") != 1 || !strings.Contains(got, "source=*collect.panicking") ||
			!strings.Contains(got, "out of order (in monkit.example/collect.(*panicking).panicIn, line ") {
			t.Errorf("logged, instead of once a minute with the source:\n%s", got)
		}
	})
}

// hostileHandler is a log handler that panics, or that never returns.
type hostileHandler struct {
	slog.Handler
	do func()
}

func (h hostileHandler) Handle(context.Context, slog.Record) error { h.do(); return nil }

func TestLoggerThatPanicsEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, before := new(settable), safelog.Panics()
		var records atomic.Int64
		o := noSpread
		o.Logger = slog.New(hostileHandler{slog.NewTextHandler(new(lockedBuffer), nil), func() { records.Add(1); panic("log handler") }})
		good := &probe{name: "good"}
		c := newCollector(&panicking{"Stats"}, o, clock.now, []reporters.Reporter{&panicking{"Report"}, good, nil})
		time.Sleep(15 * time.Second)
		clock.set(time.Hour)
		time.Sleep(15 * time.Second)
		synctest.Wait()
		c.Flush(t.Context()) // fails for the nil reporter
		c.Close(t.Context())
		if counted := monkit.Collect(c)["collect log_panics"] - float64(before); counted != float64(records.Load()) {
			t.Errorf("%v panics of %d records are counted", counted, records.Load())
		}
		if n := len(good.all()); n != 5 || records.Load() < 4 {
			t.Errorf("the other reporter got %d batches and %d records were logged, want 5 and at least 4", n, records.Load())
		}
	})
}

// A log handler that blocks may end the ticks, but not Flush and Close.
func TestLoggerThatBlocksKeepsTheBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		released, clock := make(chan struct{}), new(settable)
		o := noSpread
		o.Logger = slog.New(hostileHandler{slog.NewTextHandler(new(lockedBuffer), nil), func() { <-released }})
		c := newCollector(&panicking{"Stats"}, o, clock.now, []reporters.Reporter{&panicking{"Flush"}})
		time.Sleep(5 * time.Second)
		clock.set(time.Hour)
		time.Sleep(20 * time.Second)
		for _, f := range []func(context.Context) error{c.Flush, c.Close} {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			began := time.Now()
			if err := f(ctx); err == nil {
				t.Error("no error")
			}
			if took := time.Since(began); took > 200*time.Millisecond+graceTime {
				t.Errorf("it took %v, want 200ms", took)
			}
			cancel()
		}
		close(released)
	})
}
