package graphite

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"monkit.example/reporters"
)

func batch() *reporters.Batch {
	k := key("hits", "scope", "app")
	return &reporters.Batch{Points: []reporters.Point{
		{Key: k, Field: "high", Value: 3, Time: 1_700_000_000e9, Series: 1, ID: 2},
		{Key: k, Field: "value", Value: 1.5, Time: 1_700_000_000e9, Series: 1, ID: 3},
	}}
}

const batchText = "app.hits.high 3 1700000000\napp.hits.value 1.5 1700000000\n"

// An address without a transport is TCP.
func TestNewSendsOverTCP(t *testing.T) {
	l, _ := listen(t)
	got := make(chan string, 1)
	go func() {
		defer close(got)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		r := bufio.NewReader(conn)
		one, _ := r.ReadString('\n')
		two, _ := r.ReadString('\n')
		got <- one + two
	}()
	p := New(l.Addr().String())
	if err := p.Report(t.Context(), batch()); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != batchText {
		t.Errorf("received %q", text)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if l := p.Ledger(); l.Check() != nil || l.Delivered != 2 {
		t.Errorf("ledger is %v", l)
	}
}

func TestNewSendsOverUDP(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p := NewWith("udp://"+conn.LocalAddr().String(), Options{Tagged: true})
	if err := p.Report(t.Context(), batch()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	buf := make([]byte, 2000)
	n, _, err := conn.ReadFrom(buf)
	if want := "hits.high;scope=app 3 1700000000\nhits.value;scope=app 1.5 1700000000\n"; string(buf[:n]) != want {
		t.Errorf("received %q, %v", buf[:n], err)
	}
	if l := p.Ledger(); l.Check() != nil || l.Delivered != 2 {
		t.Errorf("ledger is %v", l)
	}
}

// Graphite reads tags since version 1.1 (docs/tags.rst).
func TestAddressDecidesWhetherSeriesAreTagged(t *testing.T) {
	const tagged, plain = "hits.high;scope=app 3 1700000000\nhits.value;scope=app 1.5 1700000000\n", "app.hits.high 3 1700000000\napp.hits.value 1.5 1700000000\n"
	for _, tt := range []struct {
		option string
		o      Options
		want   string
	}{
		{"?tagged=true", Options{}, tagged},
		{"?tagged=false", Options{Tagged: true}, plain},
		{"", Options{Tagged: true}, tagged},
		{"", Options{}, plain},
		{"?tagged=true", Options{Prefix: "prod"}, "prod." + strings.ReplaceAll(tagged, "\n", "\nprod.")[:len(tagged)+5]},
	} {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		p, err := Open("udp://"+conn.LocalAddr().String()+tt.option, tt.o)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Report(t.Context(), batch()); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		buf := make([]byte, 2000)
		if n, _, err := conn.ReadFrom(buf); string(buf[:n]) != tt.want {
			t.Errorf("%q, %+v: received %q, %v, want %q", tt.option, tt.o, buf[:n], err, tt.want)
		}
		if l := p.Ledger(); l.Check() != nil || l.Delivered != 2 {
			t.Errorf("ledger is %v", l)
		}
	}
}

func TestReportReturnsTheErrorOfTheAddress(t *testing.T) {
	for addr, want := range map[string]string{"": "empty", "http://h:1": "tcp", "influx+tcp://h:1": "influx", "h:x": "port", "tls://h:1?ca=/": "is a folder",
		"h:1?tagged=yes": "write tagged=true or tagged=false", "h:1?tagged=": "write tagged=true", "h:1?tags=true": "write tagged"} {
		p := New(addr)
		if err := p.Report(t.Context(), batch()); err == nil || !strings.Contains(err.Error(), want) {
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

// Lines wait while the destination is unavailable, and Report returns at once.
func TestReportDoesNotWaitForAnUnavailableDestination(t *testing.T) {
	l, _ := listen(t)
	addr := l.Addr().String()
	l.Close()
	p := New(addr)
	if err := p.Report(t.Context(), batch()); err != nil {
		t.Fatal(err)
	}
	if l := p.Ledger(); l.Check() != nil || l.Pending != 2 {
		t.Errorf("ledger is %v", l)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Close(ctx); err == nil {
		t.Error("Close() lost two lines and says nothing")
	}
	if l := p.Ledger(); l.Check() != nil || l.Dropped.Sum() != 2 {
		t.Errorf("ledger is %v", l)
	}
}
