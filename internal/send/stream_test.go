package send

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/faultsink"
	"monkit.example/reporters/ledger"
)

// fast makes retries quick enough for tests over real sockets.
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

func sendNumbered(t *testing.T, s *Sender, payloads, lines int) []string {
	t.Helper()
	var all []string
	for i := range payloads {
		p := string(numbered(i*lines, lines))
		all = append(all, strings.Split(strings.TrimSuffix(p, "\n"), "\n")...)
		mustSend(t, s, p, lines)
	}
	return all
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
			checkLaw(t, s, "accepted=10000 delivered=10000 dropped=0 pending=0")
		})
	}
}

// What the peer had not acknowledged is sent again, in whole lines. What its
// system had and its program had not read is lost: nobody here can know.
func TestBrokenStreamsGoOnWithWholeLines(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells what the peer has")
	}
	all := faultsink.ReadAll()
	for _, tt := range []struct {
		name   string
		script []faultsink.Step
	}{
		{"closed in a line", []faultsink.Step{faultsink.ReadThenReset(1000), all}},
		{"several times", []faultsink.Step{faultsink.ReadThenReset(10), faultsink.ReadThenReset(5000), faultsink.ReadThenReset(70000), all}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sink := faultsink.NewTCP(t, tt.script...)
			s := New(open(t, "tcp://"+sink.Addr(), DialOptions{}), fast)
			// More than the buffers of both kernels, so that the peer goes
			// while bytes are still on our side.
			want := sendNumbered(t, s, 600, 400)
			if err := s.Close(within(t, 30*time.Second)); err != nil {
				t.Error(err)
			}
			checkLaw(t, s, "accepted=240000 delivered=240000 dropped=0 pending=0")
			got := sink.WaitLast(want[len(want)-1])
			for _, line := range got {
				if f := strings.Fields(line); len(f) != 3 || !strings.HasPrefix(line, "line.") || f[2] != "1700000000" {
					t.Fatalf("a line was cut: %q", line)
				}
			}
		})
	}
}

// write writes p and waits until the peer's system has it.
func write(t *testing.T, s *stream, p string) {
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

func TestResetWhileIdleIsNoFailure(t *testing.T) {
	sink := faultsink.NewTCP(t, faultsink.ReadThenClose(int64(len("a 1\n"))), faultsink.ReadAll())
	tr := open(t, "tcp://"+sink.Addr(), DialOptions{}).(*stream)
	defer tr.Close()
	write(t, tr, "a 1\n")
	sink.WaitLines(1)
	<-tr.conn.over
	write(t, tr, "b 1\n")
	if got := sink.WaitLines(2); !slices.Equal(got, []string{"a 1", "b 1"}) {
		t.Errorf("got %q", got)
	}
}

func TestNeverReadingPeerAcknowledgesNoMoreThanItHas(t *testing.T) {
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
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("Close took %v", took)
	}
	l := s.Ledger()
	if l.Dropped[ledger.Closed] == 0 {
		t.Errorf("nothing was dropped: %v", l)
	}
	checkLaw(t, s, "")
}

func TestPeerThatComesLater(t *testing.T) {
	addr := freeAddr(t)
	s := New(open(t, "tcp://"+addr, DialOptions{}), fast)
	want := sendNumbered(t, s, 10, 10)
	waitDown(s)
	sink := faultsink.NewTCPAt(t, addr)
	if err := s.Close(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	if got := sink.WaitLines(100); !slices.Equal(got, want) {
		t.Errorf("got %d lines in another order", len(got))
	}
	checkLaw(t, s, "accepted=100 delivered=100 dropped=0 pending=0")
}

// waitDown returns after the first failure.
func waitDown(s *Sender) {
	for n := s.snapshot(); n.health.failing() == nil; n = s.snapshot() {
		time.Sleep(time.Millisecond)
	}
}

// freeAddr is where nobody listens.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(nil)
	srv.StartTLS() // for its certificate
	cert := srv.TLS.Certificates[0]
	config := srv.Client().Transport.(*http.Transport).TLSClientConfig
	srv.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	sink := faultsink.Serve(t, l)
	s := New(open(t, "tls://"+sink.Addr(), DialOptions{TLS: config}), fast)
	want := sendNumbered(t, s, 100, 50)
	if err := s.Close(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	if got := sink.WaitLines(len(want)); !slices.Equal(got, want) {
		t.Errorf("%d lines arrived, %d were sent", len(got), len(want))
	}
	checkLaw(t, s, "accepted=5000 delivered=5000 dropped=0 pending=0")

	s = New(open(t, "tls://"+sink.Addr(), DialOptions{}), fast)
	mustSend(t, s, "a 1\n", 1)
	waitDown(s)
	if err := s.Close(within(t, 0)); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate: %v", err)
	}
	checkLaw(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
}

func TestNameWithSeveralAddresses(t *testing.T) {
	sink := faultsink.NewTCP(t)
	_, port, _ := net.SplitHostPort(sink.Addr())
	asked := 0
	lookup := func(context.Context, string) ([]string, error) {
		asked++
		return []string{"127.0.0.99", "127.0.0.1"}, nil
	}
	s := New(open(t, "tcp://carbon.test:"+port, DialOptions{Lookup: lookup}), fast)
	mustSend(t, s, "a 1\n", 1)
	if err := s.Close(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	sink.WaitLines(1)
	if asked != 1 {
		t.Errorf("%d lookups", asked)
	}
	checkLaw(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
}
