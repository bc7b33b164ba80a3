package listen

import (
	"errors"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// told returns what the poll of r's gate has to tell: any of it would wake a
// thread.
func (r *running) told(t *testing.T) int {
	t.Helper()
	var n int
	var err error
	g := r.packet.sys.gate
	if e := g.raw.Control(func(poll uintptr) { n, err = unix.EpollWait(int(poll), make([]unix.EpollEvent, 1), 0) }); e != nil || err != nil {
		t.Fatal(e, err)
	}
	return n
}

func TestASocketTellsOnlyWhoWaits(t *testing.T) {
	for _, transport := range []string{"udp", "unixgram"} {
		t.Run(transport, func(t *testing.T) {
			addr := transport + "://127.0.0.1:0"
			if transport == "unixgram" {
				addr = transport + "://" + socketPath(t)
			}
			r := open(t, addr, Options{})
			conn := r.dial(t)
			for range 3 {
				write(t, conn, "a 1\n")
				if r.told(t) != 0 {
					t.Error("it told before anybody waited")
				}
				if err := r.packet.sys.gate.wait(); err != nil {
					t.Fatal(err)
				}
				write(t, conn, "b 2\n")
				if r.told(t) != 0 {
					t.Error("it told after waiting was over")
				}
			}
		})
	}
}

// Each datagram is sent when the one before was read, so that one that did
// not end the waiting would be waited for in vain.
func TestNoDatagramIsWaitedForInVain(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{})
	conn := r.dial(t)
	next := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range next {
			conn.Write([]byte("a 1\n")) // if it fails the reader waits, and the test ends
		}
	}()
	for range 5000 {
		next <- struct{}{}
		got := 0
		for got == 0 {
			if _, err := r.packet.read(func([]byte, bool) { got++ }); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(next)
	<-done
}

func TestTheEndsOfWaiting(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(r *running)
		want error
	}{
		{"interrupted", func(r *running) { r.packet.interrupt() }, os.ErrDeadlineExceeded},
		{"closed", func(r *running) { r.Close() }, net.ErrClosed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := open(t, "udp://127.0.0.1:0", Options{})
			ended := make(chan error)
			go func() {
				_, err := r.packet.read(func([]byte, bool) {})
				ended <- err
			}()
			tt.end(r) // before it waits, or after
			if err := <-ended; !errors.Is(err, tt.want) {
				t.Errorf("read() = %v", err)
			}
			if _, err := r.packet.read(func([]byte, bool) {}); !errors.Is(err, tt.want) {
				t.Errorf("read() after the end = %v", err)
			}
		})
	}
}

func TestWaitingAllocatesNothing(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{})
	write(t, r.dial(t), "a 1\n")
	if n := testing.AllocsPerRun(100, func() {
		if err := r.packet.sys.gate.wait(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
