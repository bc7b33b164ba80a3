package statsd

import (
	"net"
	"strings"
	"testing"
	"time"

	"monkit.example/reporters"
)

// hits is one series for as long as the tests run, as a collector's is.
var hits = key("hits", "scope", "app")

func batch(total float64) *reporters.Batch {
	return &reporters.Batch{Points: []reporters.Point{
		{Key: hits, Field: "total", Value: total, Series: 1, ID: 2, Kind: reporters.Counter},
		{Key: hits, Field: "value", Value: -1.5, Series: 1, ID: 3},
	}}
}

// A bare address is UDP.
func TestNewSendsOverUDP(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p := New(conn.LocalAddr().String())
	for _, total := range []float64{5, 7} {
		if err := p.Report(t.Context(), batch(total)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	buf := make([]byte, 2000)
	for _, want := range []string{"app.hits.total:5|c\napp.hits.value:0|g\napp.hits.value:-1.5|g\n", "app.hits.total:2|c\napp.hits.value:0|g\napp.hits.value:-1.5|g\n"} {
		n, _, err := conn.ReadFrom(buf)
		if string(buf[:n]) != want {
			t.Errorf("received %q, %v, want %q", buf[:n], err, want)
		}
	}
	if l := p.Ledger(); l.Check() != nil || l.Delivered != 4 {
		t.Errorf("ledger is %v", l)
	}
}

func TestReportReturnsTheErrorOfTheAddress(t *testing.T) {
	for addr, want := range map[string]string{"": "empty", "https://h:1": "udp", "graphite+udp://h:1": "graphite", "h:x": "port"} {
		p := New(addr)
		if err := p.Report(t.Context(), batch(1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: Report() = %v, want it to contain %q", addr, err, want)
		}
		if l := p.Ledger(); l.Check() != nil || l.Dropped.Sum() != 2 {
			t.Errorf("%q: ledger is %v", addr, l)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Errorf("%q: Close() = %v", addr, err)
		}
	}
}
