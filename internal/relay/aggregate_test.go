package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/ledger"
)

func TestStatsdIsForwardedUnchangedAndAggregated(t *testing.T) {
	g, raw := faultsink.NewTCP(t), faultsink.NewTCP(t)
	r := start(t, Config{
		Listen:  []string{"statsd+udp://127.0.0.1:0", "graphite+udp://127.0.0.1:0"},
		Forward: []string{"graphite+tcp://" + g.Addr(), "statsd+tcp://" + raw.Addr()},
	})
	write(t, dial(t, r.Addrs()[0]), "hits:1|c\nhits:2|c\nload:0.5|g\nusers:joe|s\nusers:ann|s\nusers:joe|s\n")
	write(t, dial(t, r.Addrs()[1]), "as.it.is 1 1700000000\n")
	waitFor(t, "delivery", func() bool {
		return strings.Contains(text(raw), "hits:1|c\nhits:2|c\nload:0.5|g\nusers:joe|s\nusers:ann|s\nusers:joe|s\n") && strings.Contains(text(g), "as.it.is")
	})
	l := r.stop(t)
	for _, want := range []string{"hits.total 3 ", "load.value 0.5 ", "users.count 2 ", "as.it.is 1 1700000000\n"} {
		if !strings.Contains(text(g), want) {
			t.Errorf("graphite received %q, without %q", text(g), want)
		}
	}
	if n := strings.Count(text(g), "\n"); n != 4 {
		t.Errorf("graphite received %d lines: %q", n, text(g))
	}
	for _, d := range l.Destinations {
		if d.Dropped.Sum() != 0 || d.Pending != 0 {
			t.Errorf("%s: %v", d.Name, d.Ledger)
		}
	}
}

// stampedLines returns lines whose times are their own.
func stampedLines() *reporters.Batch {
	b := &reporters.Batch{At: time.Now(), Format: "statsd", Listener: "udp"}
	for _, p := range []reporters.Point{
		{Key: monkit.NewSeriesKey("temp"), Value: 8, Kind: reporters.Gauge},
		{Key: monkit.NewSeriesKey("jobs").WithTag("k", "v"), Value: 5, Kind: reporters.CounterDelta},
		{Key: monkit.NewSeriesKey("move"), Value: 1, Kind: reporters.GaugeDelta},
	} {
		p.Time, p.Stamped = 1_700_000_000e9, true
		b.Points = append(b.Points, p)
		b.AddLine(nil, len(b.Points)-1)
	}
	return b
}

func TestStampedLinesKeepTheirTime(t *testing.T) {
	for format, want := range map[string]string{
		"graphite": "temp.value 8 1700000000\njobs.k.v.value 5 1700000000\n",
		"influx":   "temp value=8 1700000000000000000\njobs,k=v value=5 1700000000000000000\n",
	} {
		s := faultsink.NewTCP(t)
		r := start(t, Config{
			Listen: []string{"statsd+udp://127.0.0.1:0"}, Forward: []string{format + "+tcp://" + s.Addr()}, Aggregate: 10 * time.Millisecond,
		})
		// the relay does not count lines that came to no listener
		if err := r.series.Report(t.Context(), stampedLines()); err != nil {
			t.Fatal(err)
		}
		write(t, dial(t, r.Addrs()[0]), "c:1|c\n")
		waitFor(t, "the third walk", func() bool { return strings.Count(text(s), "total") >= 3 })
		r.end()
		if err := <-r.done; err != nil {
			t.Error(err)
		}
		if got := regexp.MustCompile(`(?m)^c.*total.*\n`).ReplaceAllString(text(s), ""); got != want {
			t.Errorf("%s received %q, want %q once", format, got, want)
		}
		for _, d := range r.Ledger().Destinations {
			if err := d.Check(); err != nil || d.Name == "aggregate" && (d.Delivered != 3 || d.Dropped[ledger.Unsupported] != 1) {
				t.Errorf("%s: %v, %v", d.Name, d.Ledger, err)
			} else if d.Name != "aggregate" && (d.Accepted != d.Routed || d.Delivered != d.Accepted) {
				t.Errorf("%s: %v, routed %d", d.Name, d.Ledger, d.Routed)
			}
		}
	}
}

func TestListenersOfStatsdShareTheAggregate(t *testing.T) {
	s := faultsink.NewTCP(t)
	r := start(t, Config{
		Listen:  []string{"statsd+tcp://127.0.0.1:0", "statsd+udp://127.0.0.1:0", "graphite+tcp://127.0.0.1:0"},
		Forward: []string{"graphite+tcp://" + s.Addr()}, AggregateBytes: 1 << 20,
	})
	hostile, good := dial(t, r.Addrs()[0]), dial(t, r.Addrs()[1])
	long := strings.Repeat("x", 900)
	for i := range 1000 {
		write(t, hostile, fmt.Sprintf("%s%d:1|ms\n", long, i))
	}
	waitFor(t, "the flood", func() bool { return r.Ledger().Listeners[0].Accepted == 1000 })
	for i := range 20 {
		write(t, good, fmt.Sprintf("good%d:1|c\n%04096d:1|c\n", i, i))
	}
	waitFor(t, "the good lines", func() bool { return r.Ledger().Listeners[1].Accepted == 40 })
	l := r.stop(t)
	waitFor(t, "the series of the other listener", func() bool { return strings.Count(text(s), "good") == 20 })
	a := l.Destinations[len(l.Destinations)-1]
	if a.Dropped[ledger.SeriesLimit] < 500 || a.Dropped[ledger.NameTooLong] != 20 || a.Dropped.Sum() != a.Dropped[ledger.SeriesLimit]+20 {
		t.Errorf("the aggregate's ledger is %v", a.Ledger)
	}
}

func TestUseOfTheAggregateIsReported(t *testing.T) {
	s := faultsink.NewTCP(t)
	r := start(t, Config{Listen: []string{"statsd+udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + s.Addr()}, AggregateBytes: 1 << 20})
	write(t, dial(t, r.Addrs()[0]), "c:1|c\n")
	var got map[string]float64
	waitFor(t, "the series", func() bool { got = monkit.Collect(r.Relay); return got["relay_aggregate series"] == 1 })
	r.stop(t)
	if got["relay_aggregate series"] != 1 || got["relay_aggregate bytes"] == 0 || got["relay_aggregate max_bytes"] != 1<<20 || got["relay_aggregate evicted"] != 0 {
		t.Errorf("the series are %v", got)
	}
	for field, want := range map[string]bool{"bytes": false, "max_bytes": false, "series": false, "evicted": true} {
		if total, known := r.IsTotal(monkit.NewSeriesKey("relay_aggregate"), field); total != want || !known {
			t.Errorf("%s is a total: %v, %v", field, total, known)
		}
	}
	if most := int64(64<<20 + 1<<20); r.MemoryLimit() != most {
		t.Errorf("the memory limit is %d, want %d", r.MemoryLimit(), most)
	}
	var b strings.Builder
	if r.PrintBounds(&b); !strings.Contains(b.String(), "memory: 65 MiB, of which") || !strings.Contains(b.String(), "aggregate: up to 1 MiB of the memory") {
		t.Errorf("printed:\n%s", &b)
	}
}

// slowSender takes a while for each payload.
type slowSender struct{ each time.Duration }

func (s slowSender) Send(context.Context, []byte, int) error { time.Sleep(s.each); return nil }
func (slowSender) Flush(context.Context) error               { return nil }
func (slowSender) Close(context.Context) error               { return nil }

// SIGTERM with 100 000 timers took half a minute with -drain 5s.
func TestLastAggregatesObeyTheDrain(t *testing.T) {
	var log bytes.Buffer
	r, err := New(Config{
		Listen: []string{"statsd+udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + refusingAddr(t)},
		Aggregate: time.Hour, Drain: 400 * time.Millisecond, Logger: logTo(&log),
	})
	if err != nil {
		t.Fatal(err)
	}
	d := r.destinations[0]
	if err := d.Reporter.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	slow := slowSender{5 * time.Millisecond} // a minute for all that is reported
	d.Reporter = reporters.NewPusher(graphite.NewCodec(graphite.Options{}), slow, reporters.PusherOptions{Format: graphite.Format})
	b := &reporters.Batch{At: time.Now(), Format: "statsd"}
	const timers = 30_000
	for i := range timers {
		b.Points = append(b.Points, reporters.Point{Key: monkit.NewSeriesKey(fmt.Sprint("timer", i)), Value: 1, Kind: reporters.Sample})
		b.AddLine(nil, i)
	}
	if err := r.series.Report(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	if err := r.Run(ctx); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("the relay ended after %v", took)
	}
	for _, d := range r.Ledger().Destinations {
		if err := d.Check(); err != nil || d.Pending != 0 {
			t.Errorf("%s: %v, %v", d.Name, d.Ledger, err)
		}
		if d.Name != "aggregate" && (d.Accepted != d.Routed || d.Dropped[ledger.Closed] == 0) {
			t.Errorf("%s: %v, routed %d", d.Name, d.Ledger, d.Routed)
		}
		if d.Name == "aggregate" && d.Accepted != timers {
			t.Errorf("%s: %v", d.Name, d.Ledger)
		}
	}
	if want := `msg="sending the last aggregates failed"`; !strings.Contains(log.String(), want) || !strings.Contains(log.String(), "dropped_points=") {
		t.Errorf("the log lacks %q:\n%s", want, log.String())
	}
}

// failing is a reporter whose lines are all refused.
type failing struct{ fake }

func (*failing) Report(context.Context, *reporters.Batch) error { return errors.New("no room") }

func TestErrorOfAPartIsLoggedOnce(t *testing.T) {
	var log []string
	f := newFanOut(func(d *destination, err error) { log = append(log, d.Name+": "+err.Error()) })
	f.destinations = []*destination{{Destination: Destination{"a", &failing{}}}, {Destination: Destination{"b", &fake{}}}}
	parts := func(yield func([]reporters.Point) bool) {
		for range 5 {
			yield(make([]reporters.Point, 3))
		}
	}
	if err := f.ReportParts(t.Context(), &reporters.Batch{At: time.Now()}, parts); err != nil {
		t.Fatal(err)
	}
	if len(log) != 1 || log[0] != "a: no room" || f.reported() != 15 || f.cutOff() != 0 {
		t.Errorf("logged %q, %d points reported, %d cut off", log, f.reported(), f.cutOff())
	}
}
