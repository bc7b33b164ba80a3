package graphite

import (
	"io"
	"math"
	"net"
	"testing"
	"time"

	graphitegolang "github.com/marpaia/graphite-golang"

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

// accept returns the server's end of the next connection.
func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func readAll(t *testing.T, conn net.Conn) string {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	text, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func newClient(t *testing.T, port int, prefix string) *graphitegolang.Graphite {
	t.Helper()
	c, err := graphitegolang.NewGraphiteWithMetricPrefix("127.0.0.1", port, prefix)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDecodesLinesOfAForeignClient(t *testing.T) {
	l, port := listen(t)
	c := newClient(t, port, "pre.fix")
	conn := accept(t, l)
	err := c.SendMetrics([]graphitegolang.Metric{
		graphitegolang.NewMetric("a.total", "12", 1700000000), graphitegolang.NewMetric("b", "0.25", 1700000001), graphitegolang.NewMetric("c.x", "NaN", 1700000002),
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Disconnect()
	var b reporters.Batch
	NewCodec(Options{}).Decode(&b, []byte(readAll(t, conn)))
	want := []reporters.Point{
		{Key: monkit.NewSeriesKey("pre.fix.a"), Field: "total", Value: 12, Time: 1700000000e9, Kind: reporters.Counter},
		{Key: monkit.NewSeriesKey("pre.fix"), Field: "b", Value: 0.25, Time: 1700000001e9},
	}
	if len(b.Points) != 2 || b.Points[0] != want[0] || b.Points[1] != want[1] || b.Rejected[ledger.NotFinite] != 1 {
		t.Errorf("decoded %+v, rejected %v", b.Points, b.Rejected)
	}
}

func TestFromClient(t *testing.T) {
	l, port := listen(t)
	c := newClient(t, port, "")
	conn := accept(t, l)
	r := FromClient(c)
	key := monkit.NewSeriesKey("hits").WithTag("scope", "app")
	b := &reporters.Batch{Points: []reporters.Point{
		{Key: key, Field: "value", Value: 1.5, Time: 1700000000e9, ID: 1},
		{Key: key, Field: "low", Value: math.NaN(), Time: 1700000000e9, ID: 2},
		{Key: key, Field: "total", Value: 7, Time: 1700000000e9},
	}}
	if err := r.Report(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Disconnect()
	if got, want := readAll(t, conn), "app.hits.value 1.5 1700000000\napp.hits.total 7 1700000000\n"; got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
	checkLedger(t, r, ledger.Ledger{Accepted: 3, Delivered: 2, Dropped: ledger.Counts{ledger.NotFinite: 1}})
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

func TestFromClientReconnectsAfterAFailure(t *testing.T) {
	l, port := listen(t)
	c := newClient(t, port, "")
	r := FromClient(c)
	b := &reporters.Batch{Points: []reporters.Point{{Key: monkit.NewSeriesKey("a"), Value: 1, Time: 1e9}}}
	l.Close()
	r.(*client).failed = true // as after a failed write, which TCP reports at any later time
	if err := r.Report(t.Context(), b); err == nil {
		t.Fatal("a report to a closed port succeeded")
	}
	l, port = listen(t)
	c.Port = port
	if err := r.Report(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	conn := accept(t, l)
	c.Disconnect()
	if got := readAll(t, conn); got != "a 1 1\n" {
		t.Errorf("sent %q", got)
	}
	checkLedger(t, r, ledger.Ledger{Accepted: 2, Delivered: 1, Dropped: ledger.Counts{ledger.SendFailed: 1}})
}

func TestFromClientSendsOneOfTwoSeriesWithOneName(t *testing.T) {
	l, port := listen(t)
	c := newClient(t, port, "")
	conn := accept(t, l)
	r := FromClient(c)
	b := &reporters.Batch{Points: []reporters.Point{
		{Key: key("a b"), Field: "f", Value: 1, Time: 5e9, Series: 1, ID: 1}, {Key: key("a_b"), Field: "f", Value: 2, Time: 5e9, Series: 2, ID: 2},
	}}
	if err := r.Report(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	c.Disconnect()
	if got := readAll(t, conn); got != "a_b.f 1 5\n" {
		t.Errorf("sent %q", got)
	}
	if got := r.(ledger.Keeper).Ledger(); got.Check() != nil || got.Dropped[ledger.NameCollision] != 1 || got.Delivered != 1 {
		t.Errorf("the ledger is %v", got)
	}
}
