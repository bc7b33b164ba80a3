package interop

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	datadog "github.com/DataDog/datadog-go/v5/statsd"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
	"monkit.example/reporters/statsd"
)

// wire keeps what a client writes. Each Write is a datagram, which may lack
// the end of its last line.
type wire struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
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

// The decoder reads what DogStatsD's own client writes.
func TestLinesOfDatadogsClientAreRead(t *testing.T) {
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
	statsd.NewCodec(statsd.Options{Dialect: statsd.DogStatsD}).Decode(b, w.text.Bytes())
	var got []string
	for _, p := range b.Points {
		got = append(got, strings.TrimSuffix(p.Key.WithField(""), " ")+" "+string(reporters.AppendFloat(nil, p.Value))+" "+p.Kind.String())
	}
	want := []string{"a.hits,host=web1,up= 3 counter_delta", "b -1.5 gauge", "c,host=web1,up= 250 sample", "d 0.5 sample", "e 7 sample", "f 0 set_member", "g 8 gauge"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || len(b.Lines) != 8 || b.Rejected.Sum() != 0 {
		t.Errorf("decoded %d lines as\n%s\nrejected %v", len(b.Lines), strings.Join(got, "\n"), b.RejectedLines)
	}
	if last := b.Points[len(b.Points)-1]; last.Time != 1_700_000_000e9 {
		t.Errorf("the time of %v is %d", last.Key, last.Time)
	}
}

// A Reporter that is made of DogStatsD's own client sends with it and leaves it open.
// The program may hold it as a *Client or as a ClientInterface.
func TestDatadogsClientReports(t *testing.T) {
	c, w := newDatadog(t)
	k := monkit.NewSeriesKey("hits").WithTag("scope", "app")
	for _, r := range []reporters.Reporter{statsd.FromClient(c), statsd.FromClient(datadog.ClientInterface(c))} {
		if err := r.Report(t.Context(), &reporters.Batch{Points: []reporters.Point{
			{Key: k, Field: "total", Value: 3, ID: 1, Kind: reporters.Counter},
			{Key: k, Field: "value", Value: -2, ID: 2},
			{Key: k, Field: "spread", Value: 5, Kind: reporters.Sample},
		}}); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if l := r.(ledger.Keeper).Ledger(); l.Check() != nil || l.Delivered != 3 {
			t.Errorf("ledger %v", l)
		}
	}
	if c.IsClosed() {
		t.Error("the program's client is closed")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	const want = "hits.total:3|c|#scope:app\nhits.value:-2|g|#scope:app\nhits.spread:5|h|#scope:app\n"
	if w.text.String() != want+want {
		t.Errorf("sent\n%s, want twice\n%s", w.text.String(), want)
	}
}
