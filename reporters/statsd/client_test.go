package statsd

import (
	"bytes"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	datadog "github.com/DataDog/datadog-go/v5/statsd"

	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// wire keeps what a client writes. Each Write is a datagram, which may lack
// the end of its last line.
type wire struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(bytes.TrimSuffix(p, []byte{'\n'}))
	w.text.WriteByte('\n')
	return len(p), nil
}

func (w *wire) Close() error { return nil }

func newDatadog(t *testing.T) (*datadog.Client, *wire) {
	t.Helper()
	w := &wire{}
	c, err := datadog.NewWithWriter(w, datadog.WithoutTelemetry(), datadog.WithoutClientSideAggregation(), datadog.WithoutOriginDetection(), datadog.WithWorkersCount(1))
	if err != nil {
		t.Fatal(err)
	}
	return c, w
}

// The client of another hand writes what our decoder reads.
func TestDecodesLinesOfAForeignClient(t *testing.T) {
	c, w := newDatadog(t)
	tags := []string{"host:web1", "up"}
	c.Count("a.hits", 3, tags, 1)
	c.Gauge("b", -1.5, nil, 1)
	c.Timing("c", 250*time.Millisecond, tags, 1)
	c.Histogram("d", 0.5, nil, 1)
	c.Distribution("e", 7, nil, 1)
	c.Set("f", "someone", nil, 1)
	c.GaugeWithTimestamp("g", 8, nil, 1, time.Unix(1_700_000_000, 0))
	c.SimpleEvent("title", "text")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	b := &reporters.Batch{At: time.Unix(5, 0)}
	NewCodec(Options{Dialect: DogStatsD}).Decode(b, w.text.Bytes())
	var got []string
	for _, p := range b.Points {
		got = append(got, strings.TrimSuffix(p.Key.WithField(""), " ")+" "+string(reporters.AppendFloat(nil, p.Value))+" "+p.Kind.String())
	}
	want := []string{"a.hits,host=web1,up= 3 counter_delta", "b -1.5 gauge", "c,host=web1,up= 250 sample", "d 0.5 sample", "e 7 sample", "g 8 gauge"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || len(b.Lines) != 8 || b.Rejected.Sum() != 0 {
		t.Errorf("decoded %d lines as\n%s\nrejected %v", len(b.Lines), strings.Join(got, "\n"), b.RejectedLines)
	}
	if last := b.Points[len(b.Points)-1]; last.Time != 1_700_000_000e9 {
		t.Errorf("the time of %v is %d", last.Key, last.Time)
	}
}

func TestFromClient(t *testing.T) {
	c, w := newDatadog(t)
	r := FromClient(c)
	k := key("hits", "scope", "app", "", "a tag without a key")
	report := func(total float64) {
		t.Helper()
		b := &reporters.Batch{Points: []reporters.Point{
			{Key: k, Field: "total", Value: total, ID: 1, Kind: reporters.Counter},
			{Key: k, Field: "value", Value: -2, ID: 2},
			{Key: k, Field: "low", Value: math.NaN(), ID: 3},
			{Key: k, Field: "spread", Value: 5, Kind: reporters.Sample},
			{Key: k, Field: "moved", Value: 5, Kind: reporters.GaugeDelta},
			{Key: k, Field: "added", Value: 4, Kind: reporters.CounterDelta},
		}}
		if err := r.Report(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	report(3.5)
	report(3.9)
	report(5.1)
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.IsClosed() {
		t.Error("the program's client is closed")
	}
	c.Close()
	rest := "hits.value:-2|g|#scope:app\nhits.spread:5|h|#scope:app\nhits.added:4|c|#scope:app\n"
	if want := "hits.total:3|c|#scope:app\n" + rest + rest + "hits.total:2|c|#scope:app\n" + rest; w.text.String() != want {
		t.Errorf("sent\n%s, want\n%s", w.text.String(), want)
	}
	checkLedger(t, r, ledger.Ledger{Accepted: 18, Delivered: 12, Dropped: ledger.Counts{ledger.NotFinite: 3, ledger.Unsupported: 3}})
}

func TestFromClientCountsErrorsOfTheClient(t *testing.T) {
	c, _ := newDatadog(t)
	c.Close()
	r := FromClient(failing{c})
	b := &reporters.Batch{Points: []reporters.Point{{Key: key("a"), Value: 1}, {Key: key("b"), Value: 1}}}
	if err := r.Report(t.Context(), b); err == nil || !strings.Contains(err.Error(), "send a ") {
		t.Errorf("Report() = %v", err)
	}
	checkLedger(t, r, ledger.Ledger{Accepted: 2, Dropped: ledger.Counts{ledger.SendFailed: 2}})
}

// failing is a client that refuses gauges.
type failing struct{ datadog.ClientInterface }

func (failing) Gauge(string, float64, []string, float64) error { return datadog.ErrNoClient }

func checkLedger(t *testing.T, r reporters.Reporter, want ledger.Ledger) {
	t.Helper()
	got := r.(ledger.Keeper).Ledger()
	if err := got.Check(); err != nil {
		t.Error(err)
	}
	if got.String() != want.String() {
		t.Errorf("ledger is %v, want %v", got, want)
	}
}

func TestFromClientSendsOneOfTwoSeriesWithOneName(t *testing.T) {
	c, w := newDatadog(t)
	r := FromClient(c)
	var logged strings.Builder
	r.(reporters.Logging).SetLogger(slog.New(slog.NewTextHandler(&logged, nil)))
	b := &reporters.Batch{Points: []reporters.Point{
		{Key: key("4xx"), Field: "f", Value: 1, Series: 1, ID: 1}, {Key: key("n4xx"), Field: "f", Value: 2, Series: 2, ID: 2},
	}}
	if err := r.Report(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if w.text.String() != "n4xx.f:1|g\n" || !strings.Contains(logged.String(), `first="4xx f" second="n4xx f"`) {
		t.Errorf("sent %q, logged %q", w.text.String(), logged.String())
	}
	checkLedger(t, r, ledger.Ledger{Accepted: 2, Delivered: 1, Dropped: ledger.Counts{ledger.NameCollision: 1}})
}
