package relay

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// heap returns how many bytes are in use.
func heap() int64 {
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
		for _, kind := range []reporters.Kind{reporters.CounterDelta, reporters.Sample} {
			for _, name := range []string{"short", strings.Repeat("x", 900)} {
				compareMemory(t, forward, kind, name)
			}
		}
	}
}

func compareMemory(t *testing.T, forward []string, kind reporters.Kind, name string) {
	t.Helper()
	r := start(t, Config{
		Listen: []string{"statsd+udp://127.0.0.1:0"}, Forward: forward, Aggregate: 20 * time.Millisecond, Drain: 10 * time.Millisecond, Queue: 64 << 10,
	})
	addSeries(t, r.Relay, kind, "warm", 10)
	waitFor(t, "a walk", func() bool { return r.fanOut.reported() > 0 })
	fields := 1
	if kind == reporters.Sample {
		fields = 14
	}
	before, reported := heap(), r.fanOut.reported()
	addSeries(t, r.Relay, kind, name, 2000)
	waitFor(t, "two walks", func() bool { return r.fanOut.reported() > reported+int64(2*2010*fields) })
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

// addSeries adds n series with tags.
func addSeries(t *testing.T, r *Relay, kind reporters.Kind, name string, n int) {
	t.Helper()
	b := &reporters.Batch{At: time.Now(), Format: "statsd"}
	for i := range n {
		key := monkit.NewSeriesKey(fmt.Sprint(name, i)).WithTags(monkit.NewSeriesTag("host", fmt.Sprint("web", i)), monkit.NewSeriesTag("zone", "eu"))
		b.Points = append(b.Points, reporters.Point{Key: key, Value: float64(i), Kind: kind})
		b.AddLine(nil, i)
	}
	if err := r.series.Report(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}
