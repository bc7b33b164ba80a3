package statsd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"

	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// foreignClient is a client that writes down its calls.
type foreignClient struct {
	log strings.Builder
	err error // what its methods return
}

func (c *foreignClient) call(method, name string, value any, tags []string, rate float64) error {
	fmt.Fprintln(&c.log, method, name, value, tags, rate)
	return c.err
}

func (c *foreignClient) Gauge(name string, value float64, tags []string, rate float64) error {
	return c.call("gauge", name, value, tags, rate)
}

func (c *foreignClient) Count(name string, value int64, tags []string, rate float64) error {
	return c.call("count", name, value, tags, rate)
}

func (c *foreignClient) Histogram(name string, value float64, tags []string, rate float64) error {
	return c.call("histogram", name, value, tags, rate)
}

func (c *foreignClient) Flush() error {
	c.log.WriteString("flush\n")
	return c.err
}

func TestFromClient(t *testing.T) {
	c := &foreignClient{}
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
	rest := "gauge hits.value -2 [scope:app] 1\nhistogram hits.spread 5 [scope:app] 1\ncount hits.added 4 [scope:app] 1\n"
	if want := "count hits.total 3 [scope:app] 1\n" + rest + rest + "count hits.total 2 [scope:app] 1\n" + rest + "flush\n"; c.log.String() != want {
		t.Errorf("the client did\n%s, want\n%s", c.log.String(), want)
	}
	checkLedger(t, r, ledger.Ledger{Accepted: 18, Delivered: 12, Dropped: ledger.Counts{ledger.NotFinite: 3, ledger.Unsupported: 3}})
}

func TestFromClientCountsErrorsOfTheClient(t *testing.T) {
	r := FromClient(&foreignClient{err: errors.New("closed")})
	b := &reporters.Batch{Points: []reporters.Point{{Key: key("a"), Value: 1}, {Key: key("b"), Value: 1}}}
	if err := r.Report(t.Context(), b); fmt.Sprint(err) != "send a with the statsd client: closed" {
		t.Errorf("Report() = %v", err)
	}
	if err := r.Close(t.Context()); fmt.Sprint(err) != "flush the statsd client: closed" {
		t.Errorf("Close() = %v", err)
	}
	checkLedger(t, r, ledger.Ledger{Accepted: 2, Dropped: ledger.Counts{ledger.SendFailed: 2}})
}

// countCalls counts the calls of Count.
type countCalls struct {
	foreignClient
	counts int
}

func (c *countCalls) Count(string, int64, []string, float64) error {
	c.counts++
	return nil
}

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

// panicking is a client that panics.
type panicking struct{ Client }

func (panicking) Gauge(string, float64, []string, float64) error { panic("no socket") }
func (panicking) Flush() error                                   { panic("no socket") }

// courier#1193: a client that panics ends nothing, and its points are counted.
func TestFromClientOutlivesAClientThatPanics(t *testing.T) {
	for _, tt := range []struct {
		name   string
		client Client
		want   string
	}{
		{"panics", panicking{}, "the statsd client panicked: no socket"},
		{"a nil pointer", (*foreignClient)(nil), "the statsd client panicked: runtime error"},
		{"nil", nil, "FromClient was called with a client that is nil"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rep := FromClient(tt.client)
			b := &reporters.Batch{Points: []reporters.Point{{Key: key("a"), Field: "value", Value: 1}, {Key: key("b"), Field: "value", Value: 1}}}
			if err := rep.Report(t.Context(), b); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Report() = %v, want %q", err, tt.want)
			}
			for _, f := range []func(context.Context) error{rep.Flush, rep.Close} {
				if err := f(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("Flush or Close returned %v, want %q", err, tt.want)
				}
			}
			if l := rep.(ledger.Keeper).Ledger(); l.Check() != nil || l.Dropped[ledger.SendFailed] != 2 {
				t.Errorf("ledger %v, want two points dropped", l)
			}
		})
	}
}

func TestFromClientSendsOneOfTwoSeriesWithOneName(t *testing.T) {
	c := &foreignClient{}
	r := FromClient(c)
	var logged strings.Builder
	r.(reporters.Logging).SetLogger(slog.New(slog.NewTextHandler(&logged, nil)))
	b := &reporters.Batch{Points: []reporters.Point{
		{Key: key("4xx"), Field: "f", Value: 1, Series: 1, ID: 1}, {Key: key("n4xx"), Field: "f", Value: 2, Series: 2, ID: 2},
	}}
	if err := r.Report(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if c.log.String() != "gauge n4xx.f 1 [] 1\n" || !strings.Contains(logged.String(), `first="4xx f" second="n4xx f"`) {
		t.Errorf("the client did %q, logged %q", c.log.String(), logged.String())
	}
	checkLedger(t, r, ledger.Ledger{Accepted: 2, Delivered: 1, Dropped: ledger.Counts{ledger.NameCollision: 1}})
}

func TestFromClientKeepsFractionsOfDeltas(t *testing.T) {
	for _, tt := range []struct {
		name        string
		id          uint32
		kind        reporters.Kind
		values      []float64
		want        string
		unsupported int64
	}{
		{"fractions of a series", 1, reporters.CounterDelta, []float64{0.4, 0.4, 0.4, 2.9}, "1 3", 0},
		{"that fall", 1, reporters.CounterDelta, []float64{-0.6, -0.6, 1.2}, "-1 1", 0},
		{"whole ones that were received", 0, reporters.CounterDelta, []float64{2, 0, -3}, "2 -3", 0},
		{"fractions that were received", 0, reporters.CounterDelta, []float64{0.4, 2.5, 1}, "1", 2},
		{"more than the client takes", 1, reporters.CounterDelta, []float64{1 << 63, -1 << 63, -1e19, 0.5, 1e300, 0.5}, "-9223372036854775808 1", 3},
		{"a counter beyond that", 1, reporters.Counter, []float64{1e19, 1 << 10}, "1024", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &foreignClient{}
			r := FromClient(c)
			for _, v := range tt.values {
				b := &reporters.Batch{Points: []reporters.Point{{Key: key("m"), Field: "f", Value: v, Kind: tt.kind, ID: tt.id}}}
				if err := r.Report(t.Context(), b); err != nil {
					t.Fatal(err)
				}
			}
			got := strings.ReplaceAll(strings.ReplaceAll(c.log.String(), "count m.f ", ""), " [] 1\n", " ")
			if strings.TrimSpace(got) != tt.want {
				t.Errorf("counted %q, want %q", got, tt.want)
			}
			n := int64(len(tt.values))
			want := ledger.Ledger{Accepted: n, Delivered: n - tt.unsupported}
			if tt.unsupported > 0 {
				want.Dropped = ledger.Counts{ledger.Unsupported: tt.unsupported}
			}
			checkLedger(t, r, want)
		})
	}
}

// weighing returns p as a sample that stands for w observations.
func weighing(w float64, p reporters.Point) reporters.Point {
	p.Kind = reporters.Sample
	p.SetWeight(w)
	return p
}

// A DogStatsD client leaves out calls at random by their rate (datadog-go, worker.go,
// shouldSample). So a sample that stands for ten observations is ten calls.
func TestFromClientPassesASampleAsOftenAsItCounts(t *testing.T) {
	for _, tt := range []struct {
		weight  float64
		calls   int
		dropped ledger.Counts
	}{{10, 10, nil}, {1 / 0.3, 3, nil}, {1e-9, 1, nil}, {maxCalls, maxCalls, nil}, {1e9, 0, ledger.Counts{ledger.Unsupported: 1}}} {
		c := &foreignClient{}
		r := FromClient(c)
		if err := r.Report(t.Context(), &reporters.Batch{Points: []reporters.Point{weighing(tt.weight, reporters.Point{Key: key("m"), Field: "f", Value: 5})}}); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(c.log.String(), "histogram m.f 5 [] 1\n"); n != tt.calls || n != strings.Count(c.log.String(), "\n") {
			t.Errorf("a weight of %v is %d calls, want %d", tt.weight, n, tt.calls)
		}
		checkLedger(t, r, ledger.Ledger{Accepted: 1, Delivered: 1 - tt.dropped.Sum(), Dropped: tt.dropped})
	}
}
