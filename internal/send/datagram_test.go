package send

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/faultsink"
)

func TestDatagramsArriveAsTheyAre(t *testing.T) {
	udp, gram := faultsink.NewUDP(t), faultsink.NewUnixgram(t)
	for addr, sink := range map[string]*faultsink.Sink{"udp://" + udp.Addr(): udp, "unixgram://" + gram.Addr(): gram} {
		s := New(open(t, addr, DialOptions{}), fast)
		for i := range 20 {
			mustSend(t, s, string(numbered(i, 2)), 2)
			sink.WaitLines(2*i + 2)
		}
		s.Close(within(t, 10*time.Second))
		if got := sink.Payloads(); len(got) != 20 || got[7] != string(numbered(7, 2)) {
			t.Errorf("%s: %q", addr, got)
		}
		checkLaw(t, s, "accepted=40 delivered=40 dropped=0 pending=0")
	}
}

func TestTooLargeDatagramsAreDropped(t *testing.T) {
	sink := faultsink.NewUDP(t)
	s := New(open(t, "udp://"+sink.Addr(), DialOptions{MaxDatagram: 1432}), fast)
	mustSend(t, s, strings.Repeat("x", 1432)+"\n", 1)
	mustSend(t, s, "a 1\n", 1)
	s.Close(within(t, 10*time.Second))
	if got := sink.WaitLines(1); !slices.Equal(got, []string{"a 1"}) {
		t.Errorf("got %.20q", got)
	}
	checkLaw(t, s, "accepted=2 delivered=1 dropped=1(oversize=1) pending=0")
}

// Nobody listens: that is counted, but nothing waits or is dropped, since a
// datagram is sent once, whoever hears it.
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
	checkLaw(t, s, "accepted=21 delivered=21 dropped=0 pending=0")
}

func TestUnixgramFindsItsReplacedSocket(t *testing.T) {
	first, second := faultsink.NewUnixgram(t), faultsink.NewUnixgram(t)
	tr := open(t, "unixgram://"+first.Addr(), DialOptions{}).(*datagram)
	s := New(tr, fast)
	mustSend(t, s, "a 1\n", 1)
	first.WaitLines(1)
	s.Close(within(t, 10*time.Second))

	// The same on a path where nobody listens any more.
	tr = open(t, "unixgram://"+second.Addr(), DialOptions{}).(*datagram)
	if err := tr.Deliver(t.Context(), []byte("b 1\n")); err != nil {
		t.Fatal(err)
	}
	tr.ep.Address = second.Addr() + ".gone"
	tr.drop()
	if err := tr.Deliver(t.Context(), []byte("c 1\n")); err == nil {
		t.Error("a missing socket took a datagram")
	}
	tr.ep.Address = second.Addr()
	if err := tr.Deliver(t.Context(), []byte("d 1\n")); err != nil {
		t.Error(err)
	}
	second.WaitLines(2)
	tr.Close()
	checkLaw(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
}

func TestUDPFollowsItsName(t *testing.T) {
	old, new := faultsink.NewUDP(t), (*faultsink.Sink)(nil)
	_, port, _ := net.SplitHostPort(old.Addr())
	new = faultsink.NewUDPAt(t, "127.0.0.2:"+port)
	var mu sync.Mutex
	answer, asked := []string{"127.0.0.1"}, 0
	lookup := func(context.Context, string) ([]string, error) {
		mu.Lock()
		defer mu.Unlock()
		asked++
		return answer, nil
	}
	tr := open(t, "udp://statsd.test:"+port, DialOptions{Lookup: lookup}).(*datagram)
	defer tr.Close()
	deliver := func(p string) {
		t.Helper()
		if err := tr.Deliver(t.Context(), []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	deliver("a 1\n")
	mu.Lock()
	answer = []string{"127.0.0.2"}
	mu.Unlock()
	deliver("b 1\n")
	old.WaitLines(2)
	tr.looked = tr.looked.Add(-lookupInterval)
	deliver("c 1\n") // asks, and goes to either
	tr.wg.Wait()
	deliver("d 1\n")
	for want := 1; !slices.Contains(new.WaitLines(want), "d 1"); want++ {
	}
	if len(old.Lines()) > 3 {
		t.Errorf("the old address got %q", old.Lines())
	}
	if asked != 2 || tr.dnsChanges.Load() != 1 {
		t.Errorf("%d lookups, %d changes", asked, tr.dnsChanges.Load())
	}
}

// A name that is not found is a failure to try again, not one to drop for.
func TestUnknownNameIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		lookup := func(context.Context, string) ([]string, error) {
			asked++
			return nil, &net.DNSError{Err: "no such host", Name: "statsd.test", IsNotFound: true}
		}
		s := New(open(t, "udp://statsd.test:1", DialOptions{Lookup: lookup}), Options{})
		mustSend(t, s, "a 1\n", 1)
		time.Sleep(time.Minute)
		err := s.Close(within(t, time.Second))
		if asked < 3 || err == nil || !strings.Contains(err.Error(), "no such host") {
			t.Errorf("%d lookups, %v", asked, err)
		}
		checkLaw(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
	})
}
