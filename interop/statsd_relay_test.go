package interop

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	datadog "github.com/DataDog/datadog-go/v5/statsd"

	"monkit.example/internal/faultsink"
	"monkit.example/internal/relay"
)

// pathsOf returns the values of each path that a Graphite server received, and
// beside them the lines.
func pathsOf(t *testing.T, sink *faultsink.Sink) (all map[string][]float64, lines []string) {
	t.Helper()
	all, lines = map[string][]float64{}, sink.Lines()
	for _, line := range lines {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			t.Fatalf("%q is no line of Graphite", line)
		}
		v, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		all[fields[0]] = append(all[fields[0]], v)
	}
	return all, lines
}

// Datadog's client for Go sends to a listener of its dialect, over UDP, by itself and
// with aggregation in the client, and the relay sends aggregates to Graphite.
func TestLinesOfDatadogsClientAreAggregated(t *testing.T) {
	for name, options := range map[string][]datadog.Option{
		"each value":  {datadog.WithoutClientSideAggregation()},
		"aggregated":  {datadog.WithClientSideAggregation(), datadog.WithAggregationInterval(20 * time.Millisecond)},
		"packed":      {datadog.WithExtendedClientSideAggregation(), datadog.WithAggregationInterval(20 * time.Millisecond)},
		"small lines": {datadog.WithoutClientSideAggregation(), datadog.WithMaxBytesPerPayload(100)},
	} {
		t.Run(name, func(t *testing.T) {
			sink := faultsink.NewTCP(t)
			r, err := relay.New(relay.Config{
				Listen: []string{"statsd+udp://127.0.0.1:0?dialect=dogstatsd"}, Forward: []string{"graphite+tcp://" + sink.Addr()},
				Aggregate: time.Second,
			})
			if err != nil {
				t.Fatal(err)
			}
			ctx, end := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- r.Run(ctx) }()
			sendByDatadog(t, r.Addrs()[0].String(), options)
			awaitMarker(t, sink)
			end()
			if err := <-done; err != nil {
				t.Error(err)
			}
			all, lines := pathsOf(t, sink)
			for path, want := range map[string]float64{
				"temp.room.x.value": -5, "level.value": -1.5, "Hits.a.1.b.2.total": 5,
				"took.count": 2, "took.sum": 60, "size.room.x.sum": 5, "dist.room.x.sum": 7,
			} {
				if of := all[path]; len(of) == 0 || of[len(of)-1] != want {
					t.Errorf("%s has the values %v, want %v at last", path, of, want)
				}
			}
			// The deviation is 300: the client chooses at random.
			if of := all["rated.count"]; len(of) == 0 || math.Abs(of[len(of)-1]-rated) > 6*300 {
				t.Errorf("%d values of which a tenth was sent count as %v", rated, of)
			}
			if of := all["users.count"]; len(of) == 0 || slices.Max(of) != 2 {
				t.Errorf("the set has the counts %v, want 2", of)
			}
			// What has a time of its own passes once, and is not added up.
			for _, want := range []string{"stamped.room.x.value 8 1700000000", "stamped.count.room.x.value 6 1700000000"} {
				path, _, _ := strings.Cut(want, " ")
				got := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.HasPrefix(line, path+" ") })
				if !slices.Equal(got, []string{want}) {
					t.Errorf("what has a time of its own arrived as %q, want %q once", got, want)
				}
			}
			l := r.Ledger()
			if err := l.Check(); err != nil || l.Received().Rejected.Sum() != 0 {
				t.Errorf("the ledger is %v, %v", l, err)
			}
		})
	}
}

// rated is how many values of a histogram are given to the client.
const rated = 10000

// awaitMarker returns when the relay has reported what came before the marker.
func awaitMarker(t *testing.T, sink *faultsink.Sink) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if all, _ := pathsOf(t, sink); len(all["marker.total"]) >= 2 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the marker has not arrived")
		}
	}
}

// sendByDatadog sends with a client, and ends with a marker.
func sendByDatadog(t *testing.T, addr string, options []datadog.Option) {
	t.Helper()
	c, err := datadog.New(addr, append(options, datadog.WithoutTelemetry(), datadog.WithoutOriginDetection())...)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1_700_000_000, 0)
	room := []string{"room:x"}
	for _, err := range []error{
		c.Gauge("temp", -5, room, 1), c.Gauge("temp", -5, room, 1), c.Gauge("temp", -5, room, 1),
		c.Gauge("level", 4, nil, 1), c.Gauge("level", -1.5, nil, 1),
		c.Count("Hits", 2, []string{"a:1", "b:2"}, 1), c.Count("Hits", 3, []string{"b:2", "a:1"}, 1),
		c.Set("users", "ann", nil, 1), c.Set("users", "bob", nil, 1), c.Set("users", "ann", nil, 1),
		c.Timing("took", 20*time.Millisecond, nil, 1), c.Timing("took", 40*time.Millisecond, nil, 1),
		c.Histogram("size", 5, room, 1), c.Distribution("dist", 7, room, 1),
		c.GaugeWithTimestamp("stamped", 8, room, 1, at), c.CountWithTimestamp("stamped.count", 6, room, 1, at),
		c.SimpleEvent("title", "text"),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	for range rated { // of which the client sends about a tenth
		if err := c.Histogram("rated", 1, nil, 0.1); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Flush(); err != nil {
		t.Error(err)
	}
	if err := c.Incr("marker", nil, 1); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
