package send

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/faultsink"
	"monkit.example/reporters/ledger"
)

// fast makes retries short enough for tests over real sockets.
var fast = Options{Name: "test", InitialBackoff: time.Millisecond, MaxBackoff: 5 * time.Millisecond}

func open(t *testing.T, addr string, o DialOptions) Transport {
	t.Helper()
	ep, err := endpoint.Parse(addr, endpoint.Default{})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := Open(ep, o)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// freeAddr returns an address without a listener.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestStreamsDeliverEverythingOnce(t *testing.T) {
	for _, tt := range []struct {
		name string
		sink func() (string, *faultsink.Sink)
	}{
		{"tcp", func() (string, *faultsink.Sink) { s := faultsink.NewTCP(t); return "tcp://" + s.Addr(), s }},
		{"slow tcp", func() (string, *faultsink.Sink) {
			s := faultsink.NewTCP(t, faultsink.Slow(4096, time.Millisecond))
			return "tcp://" + s.Addr(), s
		}},
		{"unix", func() (string, *faultsink.Sink) { s := faultsink.NewUnix(t); return "unix://" + s.Addr(), s }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr, sink := tt.sink()
			s := New(open(t, addr, DialOptions{}), fast)
			want := sendNumbered(t, s, 200, 50)
			if err := s.Close(within(t, 20*time.Second)); err != nil {
				t.Error(err)
			}
			if got := sink.WaitLines(len(want)); !slices.Equal(got, want) {
				t.Errorf("%d lines arrived, %d were sent", len(got), len(want))
			}
			if sink.Visits() != 1 {
				t.Errorf("%d connections", sink.Visits())
			}
			checkLedger(t, s, "accepted=10000 delivered=10000 dropped=0 pending=0")
		})
	}
}

// What the peer has not acknowledged is sent again. What its system has
// acknowledged and its program has not read is lost, which a sender cannot know.
func TestBrokenStreamsContinueWithWholeLines(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux reports what the peer has acknowledged")
	}
	all := faultsink.ReadAll()
	for _, tt := range []struct {
		name   string
		script []faultsink.Step
	}{
		{"reset within a line", []faultsink.Step{faultsink.ReadThenReset(1000), all}},
		{"several times", []faultsink.Step{faultsink.ReadThenReset(10), faultsink.ReadThenReset(5000), faultsink.ReadThenReset(70000), all}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sink := faultsink.NewTCP(t, tt.script...)
			s := New(open(t, "tcp://"+sink.Addr(), DialOptions{}), fast)
			// More than the buffers of both kernels hold, so that the connection
			// breaks while bytes are still on this side.
			want := sendNumbered(t, s, 600, 400)
			if err := s.Close(within(t, 30*time.Second)); err != nil {
				t.Error(err)
			}
			checkLedgerWithRecalls(t, s, "accepted=240000 delivered=240000 dropped=0 pending=0")
			got := sink.WaitLast(want[len(want)-1])
			for _, line := range got {
				if f := strings.Fields(line); len(f) != 3 || !strings.HasPrefix(line, "line.") || f[2] != "1700000000" {
					t.Fatalf("part of a line arrived: %q", line)
				}
			}
		})
	}
}

// mustWrite writes p and waits until the peer's system has it.
func mustWrite(t *testing.T, s Stream, p string) {
	t.Helper()
	if n, err := s.Write(t.Context(), []byte(p)); err != nil || n != len(p) {
		t.Fatalf("Write(%q) = %d, %v", p, n, err)
	}
	for {
		n, err := s.Unacked()
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
		time.Sleep(minPoll)
	}
}

func TestIdleConnectionThatEndedIsNoFailure(t *testing.T) {
	sink := faultsink.NewTCP(t, faultsink.ReadThenClose(int64(len("a 1\n"))), faultsink.ReadAll())
	tr := open(t, "tcp://"+sink.Addr(), DialOptions{}).(*streamTransport)
	defer tr.Close()
	mustWrite(t, tr, "a 1\n")
	sink.WaitLines(1)
	<-tr.conn.discarded
	mustWrite(t, tr, "b 1\n")
	if got := sink.WaitLines(2); !slices.Equal(got, []string{"a 1", "b 1"}) {
		t.Errorf("got %q", got)
	}
}

func TestOldConnectionIsReplaced(t *testing.T) {
	sink := faultsink.NewTCP(t)
	tr := open(t, "tcp://"+sink.Addr(), DialOptions{}).(*streamTransport)
	defer tr.Close()
	for i, tt := range []struct {
		age  time.Duration
		want map[string]float64 // after the next Write
	}{
		{0, map[string]float64{"connects": 1, "reconnects": 0, "dns_changes": 0, "lookup_errors": 0}},
		{9 * time.Minute, map[string]float64{"connects": 1, "reconnects": 0, "dns_changes": 0, "lookup_errors": 0}},
		{10*time.Minute + time.Second, map[string]float64{"connects": 2, "reconnects": 1, "dns_changes": 0, "lookup_errors": 0}},
	} {
		if tr.conn != nil {
			tr.conn.born = time.Now().Add(-tt.age)
		}
		mustWrite(t, tr, "a 1\n")
		if got := stats(tr); !maps.Equal(got, tt.want) {
			t.Errorf("write %d: %v, want %v", i, got, tt.want)
		}
	}
	sink.WaitLines(3)
}

func TestOldConnectionLingersBeforeItIsReplaced(t *testing.T) {
	sink := faultsink.NewTCP(t)
	tr, c, peer := pipeTransport(t)
	defer tr.Close()
	tr.resolver = testLiteral(t, sink.Addr())
	tr.conn.born = time.Now().Add(-time.Hour)
	c.onCloseWrite = func() { peer.Close() }
	mustWrite(t, tr, "a 1\n")
	if !c.closedWrite {
		t.Error("the sending direction was not closed")
	}
	sink.WaitLines(1)
}

func TestFailedHandshakeClosesTheSocket(t *testing.T) {
	cert, _ := testCertificate()
	for _, tt := range []struct {
		name      string
		handshake func(net.Conn) // of the server
		o         DialOptions
		want      string
	}{
		{"no response", func(net.Conn) {}, DialOptions{Timeout: 500 * time.Millisecond}, "dial: context deadline exceeded"},
		{"unknown certificate", func(c net.Conn) {
			tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}}).Handshake()
		}, DialOptions{}, "dial: tls: failed to verify certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			closed := make(chan struct{})
			go func() {
				defer close(closed)
				if c, err := l.Accept(); err == nil {
					tt.handshake(c)
					io.Copy(io.Discard, c)
					c.Close()
				}
			}()
			tr := open(t, "tls://"+l.Addr().String(), tt.o).(*streamTransport)
			defer tr.Close()
			if n, err := tr.Write(t.Context(), []byte("a 1\n")); n != 0 || err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("Write returns %d, %v, want %q", n, err, tt.want)
			}
			select {
			case <-closed:
			case <-time.After(10 * time.Second):
				t.Fatal("the socket is still open")
			}
		})
	}
}

func TestLinesThatThePeerNeverReadsAreDroppedByClose(t *testing.T) {
	sink := faultsink.NewTCP(t, faultsink.NeverRead())
	s := New(open(t, "tcp://"+sink.Addr(), DialOptions{}), fast)
	payload := strings.Repeat("x 1 1700000000\n", 4000)
	for range 300 { // 18 MB
		mustSend(t, s, payload, 4000)
	}
	sink.WaitVisits(1)
	start := time.Now()
	err := s.Close(within(t, 200*time.Millisecond))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close: %v", err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("Close took %v", d)
	}
	l := s.Ledger()
	if l.Dropped[ledger.Closed] == 0 {
		t.Errorf("no lines were dropped: %v", l)
	}
	checkLedger(t, s, "")
}

func TestLinesWaitForAPeerThatStartsLater(t *testing.T) {
	addr := freeAddr(t)
	s := New(open(t, "tcp://"+addr, DialOptions{}), fast)
	want := sendNumbered(t, s, 10, 10)
	waitFailing(s)
	sink := faultsink.NewTCPAt(t, addr)
	if err := s.Close(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	if got := sink.WaitLines(100); !slices.Equal(got, want) {
		t.Errorf("%d lines arrived, in another order", len(got))
	}
	checkLedger(t, s, "accepted=100 delivered=100 dropped=0 pending=0")
}

func TestAllAddressesOfANameAreTried(t *testing.T) {
	sink := faultsink.NewTCP(t)
	_, port, _ := net.SplitHostPort(sink.Addr())
	lookups := 0
	lookup := func(context.Context, string) ([]string, error) {
		lookups++
		return []string{"127.0.0.99", "127.0.0.1"}, nil
	}
	s := New(open(t, "tcp://carbon.test:"+port, DialOptions{Lookup: lookup}), fast)
	mustSend(t, s, "a 1\n", 1)
	if err := s.Close(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	sink.WaitLines(1)
	if lookups != 1 {
		t.Errorf("%d lookups", lookups)
	}
	checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
}
