package send

import (
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
)

// A peer that is reset while nothing is written may have lost what its system
// had acknowledged. The sender must learn of it before it writes more.
func TestResetOfAnIdleConnectionIsAnError(t *testing.T) {
	reset := make(chan struct{})
	sink := faultsink.NewTCP(t, func(c *faultsink.Conn) {
		io.ReadFull(c, make([]byte, 4))
		<-reset
		c.Conn.(*net.TCPConn).SetLinger(0)
	}, faultsink.ReadAll())
	tr := open(t, "tcp://"+sink.Addr(), DialOptions{}).(*streamTransport)
	defer tr.Close()
	mustWrite(t, tr, "a 1\n")
	close(reset)
	<-tr.conn.discarded
	if n, err := tr.Unacked(); n != 0 || err == nil {
		t.Errorf("Unacked returns %d, %v, want an error", n, err)
	}
	if n, err := tr.Write(t.Context(), []byte("b 1\n")); n != 0 || err == nil {
		t.Errorf("Write returns %d, %v, want an error", n, err)
	}
	if n := tr.Reset(); n != 0 {
		t.Errorf("Reset returns %d", n)
	}
	mustWrite(t, tr, "a 1\n")
	if got := sink.WaitLines(1); !slices.Equal(got, []string{"a 1"}) {
		t.Errorf("got %q", got)
	}
}

// What is sent again over another connection must not be delivered by the
// first one as well.
func TestResetDiscardsWhatThePeerDoesNotHave(t *testing.T) {
	for _, tt := range []struct {
		name  string
		size  int
		reset bool // instead of the end of the stream
	}{
		{"all acknowledged", 4, false},
		{"some not acknowledged", 64 << 20, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			closed, result := make(chan struct{}), make(chan error, 1)
			sink := faultsink.NewTCP(t, func(c *faultsink.Conn) {
				<-closed
				_, err := io.Copy(io.Discard, c)
				result <- err
			})
			tr := open(t, "tcp://"+sink.Addr(), DialOptions{}).(*streamTransport)
			defer tr.Close()
			if tt.size == 4 {
				mustWrite(t, tr, "a 1\n")
			} else {
				tr.limits.progress = 300 * time.Millisecond
				if n, err := tr.Write(t.Context(), make([]byte, tt.size)); n == 0 || err == nil {
					t.Errorf("Write returns %d, %v", n, err)
				}
			}
			tr.Reset()
			close(closed)
			if err := <-result; (err != nil) != tt.reset {
				t.Errorf("the peer reads until %v, want a reset: %v", err, tt.reset)
			}
		})
	}
}

// twoSinks returns servers at 127.0.0.1 and 127.0.0.2 with the same port.
func twoSinks(t *testing.T, script ...faultsink.Step) (first, second *faultsink.Sink, port string) {
	t.Helper()
	first = faultsink.NewTCP(t, script...)
	_, port, _ = net.SplitHostPort(first.Addr())
	return first, faultsink.NewTCPAt(t, "127.0.0.2:"+port), port
}

func TestStreamFollowsItsName(t *testing.T) {
	closed := make(chan error, 1)
	first, second, port := twoSinks(t, func(c *faultsink.Conn) {
		_, err := io.Copy(io.Discard, c)
		closed <- err
	})
	names := newFakeNames("127.0.0.1")
	tr := open(t, "tcp://carbon.test:"+port, DialOptions{Lookup: names.lookup}).(*streamTransport)
	defer tr.Close()
	mustWrite(t, tr, "a 1\n")
	resolveNow(tr.resolver)
	mustWrite(t, tr, "b 1\n") // the name has not changed
	names.set(nil, "127.0.0.2", "127.0.0.9")
	resolveNow(tr.resolver)
	if n, err := tr.Write(t.Context(), []byte("c 1\n")); n != 4 || err != nil {
		t.Fatalf("Write returns %d, %v", n, err)
	}
	if err := <-closed; err != nil {
		t.Errorf("the old connection ends with %v", err)
	}
	if got := second.WaitLines(1); !slices.Equal(got, []string{"c 1"}) {
		t.Errorf("the new address got %q", got)
	}
	if n := stats(tr); first.Visits() != 1 || n["dns_changes"] != 1 || n["reconnects"] != 1 {
		t.Errorf("%d connections to the old address, %v", first.Visits(), n)
	}
}

func TestConnectionThatDoesNotDrainIsGivenUpWhenItsNameMoves(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux reports what the peer has acknowledged")
	}
	for _, tt := range []struct {
		name string
		size int // 1 MB fits into the buffers of both kernels; 64 MB blocks Write
	}{{"while Write blocks", 64 << 20}, {"while nothing is written", 1 << 20}} {
		t.Run(tt.name, func(t *testing.T) {
			_, second, port := twoSinks(t, faultsink.NeverRead())
			names := newFakeNames("127.0.0.1")
			tr := open(t, "tcp://carbon.test:"+port, DialOptions{Lookup: names.lookup}).(*streamTransport)
			defer tr.Close()
			tr.limits.drain = 200 * time.Millisecond
			if err := tr.connect(t.Context()); err != nil {
				t.Fatal(err)
			}
			names.set(nil, "127.0.0.2")
			resolveNow(tr.resolver)
			tr.conn.movedAt = time.Time{}
			p := make([]byte, tt.size)
			n, err := tr.conn.write(t.Context(), p)
			for n == tt.size && err == nil {
				time.Sleep(minPoll)
				_, err = tr.Unacked()
			}
			if !errors.Is(err, errMoved) {
				t.Errorf("got %v after %d bytes, want %v", err, n, errMoved)
			}
			if _, err := tr.Write(t.Context(), []byte("a 1\n")); !errors.Is(err, errMoved) {
				t.Errorf("Write before Reset returns %v", err)
			}
			if n := tr.Reset(); n == 0 {
				t.Error("everything counts as acknowledged")
			}
			mustWrite(t, tr, "a 1\n")
			second.WaitLines(1)
		})
	}
}

func TestWriteWaitsForAConnectionToDrainWhenItsNameMoves(t *testing.T) {
	read := make(chan struct{})
	received := make(chan int64, 1)
	_, second, port := twoSinks(t, func(c *faultsink.Conn) {
		<-read
		n, _ := io.Copy(io.Discard, c)
		received <- n
	})
	names := newFakeNames("127.0.0.1")
	tr := open(t, "tcp://carbon.test:"+port, DialOptions{Lookup: names.lookup}).(*streamTransport)
	defer tr.Close()
	const size = 1 << 20
	if n, err := tr.Write(t.Context(), make([]byte, size)); n != size || err != nil {
		t.Fatalf("Write returns %d, %v", n, err)
	}
	names.set(nil, "127.0.0.2")
	resolveNow(tr.resolver)
	time.AfterFunc(50*time.Millisecond, func() { close(read) })
	mustWrite(t, tr, "a 1\n")
	second.WaitLines(1)
	if n := <-received; n != size {
		t.Errorf("the old address got %d bytes of %d", n, size)
	}
}

func TestFailedConnectionIsFollowedByOneToTheNextAddress(t *testing.T) {
	first, second, port := twoSinks(t, faultsink.Reset())
	names := newFakeNames("127.0.0.1", "127.0.0.2")
	s := New(open(t, "tcp://carbon.test:"+port, DialOptions{Lookup: names.lookup}), fast)
	want := sendNumbered(t, s, 100, 10)
	second.WaitLast(want[len(want)-1])
	if err := s.Close(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	if first.Visits() != 1 {
		t.Errorf("%d connections to the address that resets them", first.Visits())
	}
	checkLedgerWithRecalls(t, s, "accepted=1000 delivered=1000 dropped=0 pending=0")
}
