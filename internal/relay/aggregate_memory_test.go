package relay

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// heap returns how many bytes are in use, without those in pools.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// The aggregate counts what the collector and the encoders remember of its series:
// else its bound would be a part of what it costs.
func TestAggregateCountsWhatIsRememberedElsewhere(t *testing.T) {
	http := "http://" + refusingAddr(t)
	for _, forward := range [][]string{
		{"graphite+tcp://" + refusingAddr(t)}, {"influx+tcp://" + refusingAddr(t)}, {"otlp+" + http},
		{"graphite+tcp://" + refusingAddr(t), "influx+tcp://" + refusingAddr(t)},
	} {
		// each part beyond ASCII ends in a hash, and JSON and line protocol escape
		for _, name := range []string{strings.Repeat("é.", 300), strings.Repeat(`"\ `, 300)} {
			compareMemory(t, forward, reporters.CounterDelta, name)
		}
		for _, kind := range []reporters.Kind{reporters.CounterDelta, reporters.Sample} {
			for _, name := range []string{"short", strings.Repeat("x", 900), pairs} {
				compareMemory(t, forward, kind, name)
			}
		}
	}
}

func compareMemory(t *testing.T, forward []string, kind reporters.Kind, name string) {
	t.Helper()
	fields := 1
	if kind == reporters.Sample {
		fields = 14
	}
	r := start(t, Config{
		Listen: []string{"statsd+udp://127.0.0.1:0"}, Forward: forward, Aggregate: time.Hour, Drain: 10 * time.Millisecond, Queue: 64 << 10,
	})
	addSeries(t, r.Relay, kind, "warm", 10)
	r.walk(t, 10*fields)
	before := heap()
	addSeries(t, r.Relay, kind, name, 2000)
	r.walk(t, 2010*fields)
	r.walk(t, 2010*fields)
	used, counted := heap()-before, r.series.Usage().Bytes
	if used > counted+1<<20 {
		t.Errorf("%v, %v with names of %d bytes: %d bytes are in use and %d counted", forward, kind, len(name), used, counted)
	}
	r.end()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
	for _, d := range r.Ledger().Destinations {
		if err := d.Check(); err != nil {
			t.Errorf("%s: %v", d.Name, err)
		}
	}
}

// walk reports the aggregate, which has so many points.
func (r *running) walk(t *testing.T, points int) {
	t.Helper()
	want := r.fanOut.reported() + int64(points)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.collector.Flush(ctx) // fails, since nothing is delivered
	}()
	waitFor(t, "a walk", func() bool { return r.fanOut.reported() >= want })
	cancel()
	<-done
}

// pairs is a name of addSeries.
const pairs = "pair"

// addSeries adds n series with tags.
func addSeries(t *testing.T, r *Relay, kind reporters.Kind, name string, n int) {
	t.Helper()
	b := &reporters.Batch{At: time.Now(), Format: "statsd"}
	for i := range n {
		key := monkit.NewSeriesKey(fmt.Sprint(name, i)).WithTags(monkit.NewSeriesTag("host", fmt.Sprint("web", i)), monkit.NewSeriesTag("zone", "eu"))
		if name == pairs { // of names that are written alike
			key = monkit.NewSeriesKey(fmt.Sprint(name, i/2, "=_"[i%2:i%2+1]))
		}
		b.Points = append(b.Points, reporters.Point{Key: key, Value: float64(i), Kind: kind})
		b.AddLine(nil, i)
	}
	if err := r.series.Report(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}
