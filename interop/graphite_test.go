package interop

import (
	"io"
	"net"
	"testing"
	"time"

	graphitegolang "github.com/marpaia/graphite-golang"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
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
func accept(t *testing.T, l net.Listener) *net.TCPConn {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
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

func newGraphiteClient(t *testing.T, port int, prefix string) *graphitegolang.Graphite {
	t.Helper()
	c, err := graphitegolang.NewGraphiteWithMetricPrefix("127.0.0.1", port, prefix)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The decoder reads what another client writes.
func TestLinesOfAGraphiteClientAreRead(t *testing.T) {
	l, port := listen(t)
	c := newGraphiteClient(t, port, "pre.fix")
	conn := accept(t, l)
	err := c.SendMetrics([]graphitegolang.Metric{
		graphitegolang.NewMetric("a.total", "12", 1700000000), graphitegolang.NewMetric("b", "0.25", 1700000001), graphitegolang.NewMetric("c.x", "NaN", 1700000002),
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Disconnect()
	var b reporters.Batch
	graphite.NewCodec(graphite.Options{}).Decode(&b, []byte(readAll(t, conn)))
	want := []reporters.Point{
		{Key: monkit.NewSeriesKey("pre.fix.a"), Field: "total", Value: 12, Time: 1700000000e9},
		{Key: monkit.NewSeriesKey("pre.fix"), Field: "b", Value: 0.25, Time: 1700000001e9},
	}
	if len(b.Points) != 2 || b.Points[0] != want[0] || b.Points[1] != want[1] || b.Rejected[ledger.NotFinite] != 1 {
		t.Errorf("decoded %+v, rejected %v", b.Points, b.Rejected)
	}
}

// A Reporter that is made of a client sends with it, and connects it again after its
// connection broke.
func TestGraphiteClientReports(t *testing.T) {
	l, port := listen(t)
	c := newGraphiteClient(t, port, "")
	conn := accept(t, l)
	r := graphite.FromClient(c)
	report := func() error {
		return r.Report(t.Context(), &reporters.Batch{Points: []reporters.Point{{Key: monkit.NewSeriesKey("a"), Value: 1, Time: 1e9}}})
	}
	if err := report(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, len("a 1 1\n"))
	if _, err := io.ReadFull(conn, line); err != nil || string(line) != "a 1 1\n" {
		t.Errorf("received %q, %v", line, err)
	}
	conn.SetLinger(0) // breaks the connection when it is closed
	conn.Close()
	var reports int64 = 1
	for ; report() == nil; reports++ { // a client learns it from a later write
		if reports == 1000 {
			t.Fatal("reports to a broken connection succeed")
		}
		time.Sleep(time.Millisecond)
	}
	reports++
	if err := report(); err != nil {
		t.Fatal(err)
	}
	reports++
	again := accept(t, l)
	c.Disconnect()
	if got := readAll(t, again); got != "a 1 1\n" {
		t.Errorf("received %q", got)
	}
	got := r.(ledger.Keeper).Ledger()
	if err := got.Check(); err != nil || got.Accepted != reports || got.Dropped[ledger.SendFailed] != 1 {
		t.Errorf("ledger %v of %d reports, %v", got, reports, err)
	}
}
