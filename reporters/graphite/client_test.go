package graphite

import (
	"errors"
	"fmt"
	"math"
	"net"
	"strings"
	"testing"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// listen returns a TCP listener and its port.
func listen(t *testing.T) (net.Listener, int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, l.Addr().(*net.TCPAddr).Port
}

// foreignMetric and foreignClient are those of a client library.
type foreignMetric struct {
	Name      string
	Value     string
	Timestamp int64
}

type foreignClient struct {
	log                 strings.Builder // what was sent, and connections
	connectErr, sendErr error
}

func (c *foreignClient) Connect() error {
	c.log.WriteString("connect\n")
	return c.connectErr
}

func (c *foreignClient) SendMetrics(all []foreignMetric) error {
	for _, m := range all {
		fmt.Fprintln(&c.log, m.Name, m.Value, m.Timestamp)
	}
	return c.sendErr
}

func TestClientGetsSumsOfCountersOfOneName(t *testing.T) {
	c := &foreignClient{}
	r := FromClient(c)
	for walk := range 2 {
		b := &reporters.Batch{}
		for i, name := range []string{"a_b", "a b"} {
			n := uint32(i + 1)
			b.Points = append(b.Points, reporters.Point{
				Key: monkit.NewSeriesKey(name), Field: "total", Value: float64(walk + 1 + 3*i), Kind: reporters.Counter, Time: int64(walk+1) * 1e9, Series: n, ID: n,
			})
		}
		if err := r.Report(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := c.log.String(), "a_b.total 1 1\na_b.total 5 1\na_b.total 7 2\n"; got != want {
		t.Errorf("the client did %q, want %q", got, want)
	}
	if l := r.(ledger.Keeper).Ledger(); l.Check() != nil || l.Delivered != 4 {
		t.Errorf("the ledger is %v", l)
	}
}

func TestFromClient(t *testing.T) {
	c := &foreignClient{}
	r := FromClient(c)
	key := monkit.NewSeriesKey("hits").WithTag("scope", "app")
	b := &reporters.Batch{Points: []reporters.Point{
		{Key: key, Field: "value", Value: 1.5, Time: 1700000000e9, ID: 1},
		{Key: key, Field: "low", Value: math.NaN(), Time: 1700000000e9, ID: 2},
		{Key: key, Field: "total", Value: 7, Time: 1700000000e9},
		{Key: key, Field: "moved", Value: 7, Kind: reporters.GaugeDelta},
	}}
	for range 2 { // the second time from what is cached
		if err := r.Report(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(r.Flush(t.Context()), r.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got, want := c.log.String(), strings.Repeat("app.hits.value 1.5 1700000000\napp.hits.total 7 1700000000\n", 2); got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
	checkLedger(t, r, ledger.Ledger{Accepted: 8, Delivered: 4, Dropped: ledger.Counts{ledger.NotFinite: 2, ledger.Unsupported: 2}})
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

func TestFromClientConnectsAgainAfterAFailure(t *testing.T) {
	c := &foreignClient{sendErr: errors.New("broken pipe"), connectErr: errors.New("refused")}
	r := FromClient(c)
	b := &reporters.Batch{Points: []reporters.Point{{Key: monkit.NewSeriesKey("a"), Value: 1, Time: 1e9}}}
	report := func(want string) {
		t.Helper()
		if err := r.Report(t.Context(), b); fmt.Sprint(err) != want {
			t.Errorf("Report() = %v, want %s", err, want)
		}
	}
	report("send with the graphite client: broken pipe")
	report("connect the graphite client: refused")
	c.connectErr, c.sendErr = nil, nil
	report("<nil>")
	report("<nil>")
	if got, want := c.log.String(), "a 1 1\nconnect\nconnect\na 1 1\na 1 1\n"; got != want {
		t.Errorf("the client did %q, want %q", got, want)
	}
	checkLedger(t, r, ledger.Ledger{Accepted: 4, Delivered: 2, Dropped: ledger.Counts{ledger.SendFailed: 2}})
}

// panicking is a client that panics.
type panicking struct{ Client[foreignMetric] }

func (panicking) SendMetrics([]foreignMetric) error { panic("no socket") }

// courier#1193: a client that panics ends nothing, and its points are counted.
func TestFromClientOutlivesAClientThatPanics(t *testing.T) {
	for _, tt := range []struct {
		name   string
		client Client[foreignMetric]
		want   string
	}{
		{"panics", panicking{}, "the graphite client panicked: no socket"},
		{"a nil pointer", (*foreignClient)(nil), "the graphite client panicked: runtime error"},
		{"nil", nil, "FromClient was called with a client that is nil"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rep := FromClient(tt.client)
			b := &reporters.Batch{Points: []reporters.Point{{Key: monkit.NewSeriesKey("a"), Field: "value", Value: 1}}}
			if err := rep.Report(t.Context(), b); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Report() = %v, want %q", err, tt.want)
			}
			if l := rep.(ledger.Keeper).Ledger(); l.Check() != nil || l.Dropped[ledger.SendFailed] != 1 {
				t.Errorf("ledger %v, want a dropped point", l)
			}
		})
	}
}

func TestFromClientSendsOneOfTwoSeriesWithOneName(t *testing.T) {
	c := &foreignClient{}
	r := FromClient(c)
	b := &reporters.Batch{Points: []reporters.Point{
		{Key: key("a b"), Field: "f", Value: 1, Time: 5e9, Series: 1, ID: 1}, {Key: key("a_b"), Field: "f", Value: 2, Time: 5e9, Series: 2, ID: 2},
	}}
	if err := r.Report(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if got := c.log.String(); got != "a_b.f 1 5\n" {
		t.Errorf("sent %q", got)
	}
	if got := r.(ledger.Keeper).Ledger(); got.Check() != nil || got.Dropped[ledger.NameCollision] != 1 || got.Delivered != 1 {
		t.Errorf("the ledger is %v", got)
	}
}
