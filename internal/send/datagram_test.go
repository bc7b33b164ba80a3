package send

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/faultsink"
)

func TestEachPayloadIsADatagram(t *testing.T) {
	udp, unixgram := faultsink.NewUDP(t), faultsink.NewUnixgram(t)
	for addr, sink := range map[string]*faultsink.Sink{"udp://" + udp.Addr(): udp, "unixgram://" + unixgram.Addr(): unixgram} {
		s := New(open(t, addr, DialOptions{}), fast)
		for i := range 20 {
			mustSend(t, s, string(numbered(i, 2)), 2)
			sink.WaitLines(2*i + 2)
		}
		s.Close(within(t, 10*time.Second))
		if got := sink.Payloads(); len(got) != 20 || got[7] != string(numbered(7, 2)) {
			t.Errorf("%s: %q", addr, got)
		}
		checkLedger(t, s, "accepted=40 delivered=40 dropped=0 pending=0")
	}
}

func TestTooLargeDatagramsAreDropped(t *testing.T) {
	sink := faultsink.NewUDP(t)
	s := New(open(t, "udp://"+sink.Addr(), DialOptions{MaxDatagram: 1432}), fast)
	mustSend(t, s, strings.Repeat("x", 1432)+"\n", 1)
	largest := strings.Repeat("y", 1431)
	mustSend(t, s, largest+"\n", 1)
	s.Close(within(t, 10*time.Second))
	if got := sink.WaitLines(1); !slices.Equal(got, []string{largest}) {
		t.Errorf("got %.20q", got)
	}
	checkLedger(t, s, "accepted=2 delivered=1 dropped=1(oversize=1) pending=0")
}

// A datagram is sent once, whether a server receives it or not. So refusals are
// counted, but nothing waits and nothing is dropped.
func TestRefusedDatagramsDoNotStopTheOthers(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := c.LocalAddr().String()
	c.Close()
	s := New(open(t, "udp://"+addr, DialOptions{}), fast)
	for range 20 {
		mustSend(t, s, "a:1|c\n", 1)
		s.Flush(within(t, 10*time.Second))
	}
	sink := faultsink.NewUDPAt(t, addr)
	mustSend(t, s, "b:1|c\n", 1)
	sink.WaitLines(1)
	s.Close(within(t, 10*time.Second))
	checkLedger(t, s, "accepted=21 delivered=21 dropped=0 pending=0")
}

// refusingConn is a socket whose first writes are refused.
type refusingConn struct {
	net.Conn
	err    error
	refuse int // number of writes
	writes int
}

func (c *refusingConn) Write(p []byte) (int, error) {
	c.writes++
	if c.writes <= c.refuse {
		return 0, c.err
	}
	return len(p), nil
}

func (c *refusingConn) SetWriteDeadline(time.Time) error { return nil }
func (c *refusingConn) Close() error                     { return nil }

func TestEachRefusalOfADatagramIsCounted(t *testing.T) {
	_, refused := net.Dial("tcp", freeAddr(t))
	for _, tt := range []struct {
		refuse, writes int
		delivered      bool
	}{{0, 1, true}, {1, 2, true}, {2, 3, true}, {3, 3, false}} {
		tr := open(t, "udp://127.0.0.1:1", DialOptions{}).(*datagramTransport)
		c := &refusingConn{err: refused, refuse: tt.refuse}
		tr.conn, tr.addr = c, "127.0.0.1:1"
		if err := tr.Deliver(t.Context(), []byte("a 1\n")); (err == nil) != tt.delivered {
			t.Errorf("%d refusals: Deliver returns %v", tt.refuse, err)
		}
		if n := stats(tr)["refused"]; n != float64(tt.refuse) || c.writes != tt.writes {
			t.Errorf("%d refusals: %v are counted, %d writes, want %d", tt.refuse, n, c.writes, tt.writes)
		}
		tr.Close()
	}
}

func TestAllTransportsCountReconnectsAndLookups(t *testing.T) {
	for _, addr := range []string{"udp://h.test:1", "tcp://h.test:1", "tls://h.test:1", "http://h.test:1/", "https://h.test:1/", "unix:///x", "unixgram:///x"} {
		tr := open(t, addr, DialOptions{})
		got := stats(tr.(statser))
		for _, field := range []string{"reconnects", "dns_changes", "lookup_errors"} {
			if n, ok := got[field]; !ok || n != 0 {
				t.Errorf("%s: %s is %v, emitted: %v", addr, field, n, ok)
			}
		}
		tr.Close()
	}
}

// stats returns the fields of a transport.
func stats(t statser) map[string]float64 {
	all := map[string]float64{}
	t.stats(func(field string, val float64) { all[field] = val })
	return all
}

func TestWriteToAFullUnixgramReceiverEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	c := listenUnixgram(t, path)
	tr := open(t, "unixgram://"+path, DialOptions{}).(Messenger)
	defer tr.Close()
	sent, result := 0, make(chan error)
	go func() {
		var err error
		for ; err == nil; sent++ {
			err = tr.Deliver(t.Context(), numbered(0, 100))
		}
		result <- err
	}()
	select {
	case err := <-result:
		if e := classify(err); e.kind != noBuffer {
			t.Errorf("Deliver: %v, with which the datagram is not dropped", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("Deliver blocks while the receiver's queue is full")
		c.Close()
		<-result
		return
	}
	for buf := make([]byte, 1<<16); sent > 1; sent-- {
		if _, err := c.Read(buf); err != nil {
			t.Fatal(err)
		}
	}
	if err := tr.Deliver(t.Context(), []byte("a 1\n")); err != nil {
		t.Errorf("Deliver to an empty queue: %v", err)
	}
}

// listenUnixgram listens on a new socket at path.
func listenUnixgram(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	os.Remove(path)
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestUnixgramConnectsToAReplacedSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listenUnixgram(t, path).Close()
	tr := open(t, "unixgram://"+path, DialOptions{}).(*datagramTransport)
	defer tr.Close()
	s := New(tr, fast)
	mustSend(t, s, "a 1\n", 1) // fails until the socket is replaced
	waitFailing(s)
	c := listenUnixgram(t, path)
	receive := func(want string) {
		t.Helper()
		buf := make([]byte, 100)
		if n, err := c.Read(buf); err != nil || string(buf[:n]) != want {
			t.Errorf("received %q, %v, want %q", buf[:n], err, want)
		}
	}
	receive("a 1\n")
	c.Close()
	c = listenUnixgram(t, path)
	mustSend(t, s, "b 1\n", 1) // fails over the old connection
	receive("b 1\n")
	if err := s.Close(within(t, 10*time.Second)); err != nil {
		t.Error(err)
	}
	if got := stats(tr)["reconnects"]; got != 1 {
		t.Errorf("%v reconnects", got)
	}
	checkLedger(t, s, "accepted=2 delivered=2 dropped=0 pending=0")
}

func TestUDPFollowsItsName(t *testing.T) {
	old := faultsink.NewUDP(t)
	_, port, _ := net.SplitHostPort(old.Addr())
	moved := faultsink.NewUDPAt(t, "127.0.0.2:"+port)
	names := newFakeNames("127.0.0.1")
	tr := open(t, "udp://statsd.test:"+port, DialOptions{Lookup: names.lookup}).(*datagramTransport)
	defer tr.Close()
	deliver := func(p string) {
		t.Helper()
		if err := tr.Deliver(t.Context(), []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	deliver("a 1\n")
	names.set(nil, "127.0.0.2")
	deliver("b 1\n")
	old.WaitLines(2)
	resolveNow(tr.resolver)
	deliver("c 1\n")
	moved.WaitLines(1)
	if len(old.Lines()) != 2 {
		t.Errorf("the old address got %q", old.Lines())
	}
	resolveNow(tr.resolver) // which changes nothing
	deliver("d 1\n")
	moved.WaitLines(2)
	if n := stats(tr); n["dns_changes"] != 1 || n["reconnects"] != 1 || n["lookup_errors"] != 0 {
		t.Errorf("got %v", n)
	}
}

// resolveNow returns after a lookup.
func resolveNow(r *resolver) {
	r.mu.Lock()
	r.began = time.Time{}
	r.askLocked()
	pending := r.pending
	r.mu.Unlock()
	<-pending
}

// A name such as localhost may have addresses of both IP versions, and the
// server may be at one of them only.
func TestRefusedDatagramsGoToTheNextAddress(t *testing.T) {
	sink := faultsink.NewUDPAt(t, "127.0.0.3:0")
	_, port, _ := net.SplitHostPort(sink.Addr())
	names := newFakeNames("127.0.0.1", "127.0.0.3")
	tr := open(t, "udp://statsd.test:"+port, DialOptions{Lookup: names.lookup}).(*datagramTransport)
	s := New(tr, fast)
	sent := 0
	for len(sink.Lines()) == 0 { // the first ones are refused, which the socket reports later
		mustSend(t, s, "a:1|c\n", 1)
		sent++
		s.Flush(within(t, 10*time.Second))
	}
	sink.WaitLines(1)
	n := stats(tr)
	s.Close(within(t, 10*time.Second))
	if n["refused"] == 0 || n["reconnects"] != 1 {
		t.Errorf("got %v", n)
	}
	checkLedger(t, s, fmt.Sprintf("accepted=%d delivered=%d dropped=0 pending=0", sent, sent))
}

func TestNameThatIsNotFoundIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lookups := 0
		lookup := func(context.Context, string) ([]string, error) {
			lookups++
			return nil, &net.DNSError{Err: "no such host", Name: "statsd.test", IsNotFound: true}
		}
		s := New(open(t, "udp://statsd.test:1", DialOptions{Lookup: lookup}), Options{})
		mustSend(t, s, "a 1\n", 1)
		time.Sleep(time.Minute)
		err := s.Close(within(t, time.Second))
		if lookups < 3 || err == nil || !strings.Contains(err.Error(), "no such host") {
			t.Errorf("%d lookups, %v", lookups, err)
		}
		checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
	})
}
