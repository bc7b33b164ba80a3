package relay

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/faultsink"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
	"monkit.example/reporters/statsd"
)

// report reports lines to a, and returns the series of a.
func report(t *testing.T, a *aggregate, lines ...string) map[string]float64 {
	t.Helper()
	var b reporters.Batch
	dec := statsd.NewCodec(statsd.Options{})
	for _, l := range lines {
		b.Reset()
		b.At = time.Now()
		dec.Decode(&b, []byte(l+"\n"))
		if err := a.Report(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
	}
	b.Reset() // overwrites text that a kept without a copy, under the race detector
	if err := a.Ledger().Check(); err != nil {
		t.Error(err)
	}
	return monkit.Collect(a)
}

func TestAggregateAddsUpLines(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []string
		want  map[string]float64
	}{
		{"counters add up", []string{"a:1|c", "a:2|c"}, map[string]float64{"a total": 3}},
		{"a sampled counter is scaled by its rate", []string{"a:1|c|@0.1"}, map[string]float64{"a total": 10}},
		{"a gauge keeps its last value", []string{"g:5|g", "g:3|g"}, map[string]float64{"g value": 3}},
		{"a gauge with a sign is changed by its value", []string{"g:5|g", "g:-2|g", "g:+4|g"}, map[string]float64{"g value": 7}},
		{"a timer is a distribution", []string{"t:10|ms", "t:20|ms"}, map[string]float64{"t count": 2, "t sum": 30, "t min": 10, "t max": 20, "t recent": 20}},
		{"a histogram is a distribution", []string{"h:1|h", "h:3|h"}, map[string]float64{"h count": 2, "h sum": 4}},
		{"kinds of one name are different series", []string{"x:1|c", "x:9|g"}, map[string]float64{"x total": 1, "x value": 9}},
		{"tags are part of a series", []string{"a:1|c|#k:v", "a:2|c|#k:w"}, map[string]float64{"a,k=v total": 1, "a,k=w total": 2}},
		{"keys and values of tags do not run together", []string{"a:1|c|#k:vl", "a:2|c|#kv:l"}, map[string]float64{"a,k=vl total": 1, "a,kv=l total": 2}},
		{"several values in a line add up", []string{"a:1|c:2|c"}, map[string]float64{"a total": 3}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := report(t, newAggregate(), tt.lines...)
			for series, want := range tt.want {
				if v, ok := got[series]; !ok || v != want {
					t.Errorf("%s is %v, want %v, in %v", series, v, want, got)
				}
			}
		})
	}
}

func TestKindsHaveRoles(t *testing.T) {
	for kind, want := range map[reporters.Kind]byte{
		reporters.Counter: 'c', reporters.CounterDelta: 'c', reporters.Gauge: 'g', reporters.GaugeDelta: 'g', reporters.Sample: 'h',
	} {
		if got := role(kind); got != want {
			t.Errorf("the role of kind %v is %c, want %c", kind, got, want)
		}
	}
}

func TestLineThatCannotBeAggregatedIsDropped(t *testing.T) {
	a := newAggregate()
	report(t, a, "users:joe|s", "a:1|c")
	if l := a.Ledger(); l.Delivered != 1 || l.Dropped[ledger.Unsupported] != 1 {
		t.Errorf("ledger is %v", l)
	}
}

func TestAggregateDropsNewSeriesAtItsLimit(t *testing.T) {
	a := newAggregate()
	for i := range maxAggregated {
		a.series[fmt.Sprint(i)] = &aggregated{}
	}
	report(t, a, "new:1|c")
	if l := a.Ledger(); l.Dropped[ledger.SeriesLimit] != 1 {
		t.Errorf("ledger is %v", l)
	}
}

func TestIdleSeriesAreDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAggregate()
		report(t, a, "old:1|c", "kept:1|c")
		time.Sleep(aggregatedIdle)
		if got := report(t, a, "kept:1|c"); got["old total"] != 1 {
			t.Errorf("after exactly %v the series are %v", aggregatedIdle, got)
		}
		time.Sleep(time.Second)
		got := monkit.Collect(a)
		if _, found := got["old total"]; found || got["kept total"] != 2 || len(a.series) != 1 || len(a.order) != 1 {
			t.Errorf("the series are %v", got)
		}
		if deleted := a.order[:2][1]; deleted != nil {
			t.Errorf("the aggregate still refers to the series %q", deleted.name)
		}
	})
}

// gnocchi#307: a wall clock that is set must neither delete series nor keep them.
func TestIdleTimeOfSeriesIsNotOfTheWallClock(t *testing.T) {
	for name, at := range map[string]time.Duration{"set back": -2 * aggregatedIdle, "set ahead": 2 * aggregatedIdle} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAggregate()
				b := reporters.Batch{At: time.Now().Round(0).Add(at)} // without the monotonic clock
				statsd.NewCodec(statsd.Options{}).Decode(&b, []byte("c:1|c\n"))
				if err := a.Report(t.Context(), &b); err != nil {
					t.Fatal(err)
				}
				if got := monkit.Collect(a); len(got) != 1 {
					t.Errorf("a new series is deleted: %v", got)
				}
				time.Sleep(aggregatedIdle + time.Second)
				if got := monkit.Collect(a); len(got) != 0 {
					t.Errorf("an idle series is kept: %v", got)
				}
				if err := a.Ledger().Check(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestAggregationAllocatesNothing(t *testing.T) {
	a := newAggregate()
	var b reporters.Batch
	b.Format = statsd.Format
	for i := range 100 {
		b.Points = append(b.Points, reporters.Point{Key: monkit.NewSeriesKey(fmt.Sprint("m", i)), Value: 1, Kind: reporters.CounterDelta})
		b.AddLine(nil, i)
	}
	again := func() { a.Report(t.Context(), &b) } // never fails
	again()
	if n := testing.AllocsPerRun(20, again); n != 0 {
		t.Errorf("%v allocations for 100 lines", n)
	}
}

func TestStatsdIsForwardedUnchangedAndAggregated(t *testing.T) {
	g, raw := faultsink.NewTCP(t), faultsink.NewTCP(t)
	r := start(t, Config{
		Listen:  []string{"statsd+udp://127.0.0.1:0", "graphite+udp://127.0.0.1:0"},
		Forward: []string{"graphite+tcp://" + g.Addr(), "statsd+tcp://" + raw.Addr()},
	})
	write(t, dial(t, r.Addrs()[0]), "hits:1|c\nhits:2|c\nload:0.5|g\n")
	write(t, dial(t, r.Addrs()[1]), "as.it.is 1 1700000000\n")
	waitFor(t, "delivery", func() bool {
		return strings.Contains(text(raw), "hits:1|c\nhits:2|c\nload:0.5|g\n") && strings.Contains(text(g), "as.it.is")
	})
	l := r.stop(t)
	for _, want := range []string{"hits.total 3 ", "load.value 0.5 ", "as.it.is 1 1700000000\n"} {
		if !strings.Contains(text(g), want) {
			t.Errorf("graphite received %q, without %q", text(g), want)
		}
	}
	if n := strings.Count(text(g), "\n"); n != 3 {
		t.Errorf("graphite received %d lines: %q", n, text(g))
	}
	for _, d := range l.Destinations {
		if d.Dropped.Sum() != 0 || d.Pending != 0 {
			t.Errorf("%s: %v", d.Name, d.Ledger)
		}
	}
}
