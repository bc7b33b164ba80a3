package send

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/endpoint"
)

// pipeConn is one end of a net.Pipe. Its sending direction can be closed, and
// no kernel knows what the peer has.
type pipeConn struct {
	net.Conn
	closedWrite  bool
	onCloseWrite func()
}

func (c *pipeConn) CloseWrite() error {
	c.closedWrite = true
	c.onCloseWrite()
	return nil
}

// pipeTransport returns a transport whose connection is a pipe to peer.
func pipeTransport(t *testing.T) (tr *streamTransport, c *pipeConn, peer net.Conn) {
	near, peer := net.Pipe()
	t.Cleanup(func() { peer.Close() })
	c = &pipeConn{Conn: near, onCloseWrite: func() {}}
	tr = newStreamTransport(endpoint.Endpoint{Transport: endpoint.TCP}, DialOptions{}.withDefaults())
	tr.conn = newStreamConn(c, c)
	return tr, c, peer
}

func TestCloseLingersUntilThePeerClosesOrAbort(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(t *streamTransport, peer net.Conn)
		want time.Duration // that Close takes
	}{
		{"neither", func(*streamTransport, net.Conn) {}, time.Second},
		{"the peer closes", func(_ *streamTransport, peer net.Conn) { peer.Close() }, 0},
		{"Abort", func(t *streamTransport, _ net.Conn) { t.Abort() }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr, c, peer := pipeTransport(t)
				start, closed := time.Now(), make(chan struct{})
				go func() { tr.Close(); close(closed) }()
				synctest.Wait()
				select {
				case <-closed:
					t.Error("Close does not linger")
				default:
				}
				tt.end(tr, peer)
				<-closed
				if d := time.Since(start); d != tt.want || !c.closedWrite {
					t.Errorf("Close took %v, want %v; closed the sending direction: %v", d, tt.want, c.closedWrite)
				}
			})
		})
	}
}

func TestCloseDoesNotLingerIfThePeerHasClosedOrAfterAbort(t *testing.T) {
	for name, end := range map[string]func(t *streamTransport, peer net.Conn){
		"the peer has closed": func(_ *streamTransport, peer net.Conn) { peer.Close() },
		"after Abort":         func(t *streamTransport, _ net.Conn) { t.Abort() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr, c, peer := pipeTransport(t)
				end(tr, peer)
				synctest.Wait()
				start := time.Now()
				tr.Close()
				if d := time.Since(start); d != 0 || c.closedWrite {
					t.Errorf("Close took %v; closed the sending direction: %v", d, c.closedWrite)
				}
			})
		})
	}
}

// slowConn is a connection whose Read returns some time after Close.
type slowConn struct {
	net.Conn
	closed chan struct{}
}

func (c slowConn) Read([]byte) (int, error) {
	<-c.closed
	time.Sleep(time.Second)
	return 0, net.ErrClosed
}

func (c slowConn) Close() error { close(c.closed); return nil }

func TestResetJoinsTheReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, c := newStreamTransport(endpoint.Endpoint{}, DialOptions{}), slowConn{closed: make(chan struct{})}
		tr.conn = newStreamConn(c, c)
		start := time.Now()
		tr.Reset()
		if d := time.Since(start); d != time.Second {
			t.Errorf("Reset returns %v after Close, before Read has", d)
		}
	})
}

func TestBlockedWriteEndsWithItsContextOrAfterTenSeconds(t *testing.T) {
	for _, tt := range []struct{ timeout, want time.Duration }{
		{time.Hour, 10 * time.Second},
		{3 * time.Second, 3 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			tr, _, _ := pipeTransport(t) // whose peer does not read
			ctx, cancel := context.WithTimeout(t.Context(), tt.timeout)
			defer cancel()
			start := time.Now()
			n, err := tr.Write(ctx, []byte("a 1\n"))
			if d := time.Since(start); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || d != tt.want {
				t.Errorf("Write returns %d, %v after %v, want a timeout after %v", n, err, d, tt.want)
			}
			tr.Abort()
			tr.Close()
		})
	}
}

func TestWriteReturnsWhatWasWrittenBeforeAnError(t *testing.T) {
	tr, _, peer := pipeTransport(t)
	go func() {
		peer.Read(make([]byte, 2))
		peer.Close()
	}()
	n, err := tr.Write(t.Context(), []byte("a 1\n"))
	if n != 2 || err == nil || err.Error() != "write: io: read/write on closed pipe" {
		t.Errorf("Write returns %d, %v", n, err)
	}
	if tr.conn.written != 2 {
		t.Errorf("%d bytes are counted as written", tr.conn.written)
	}
	tr.Reset()
}

func TestDeadConnectionTakesNoBytesWhileSomeAreUnacknowledged(t *testing.T) {
	tr, _, peer := pipeTransport(t)
	peer.Close()
	<-tr.conn.discarded
	tr.conn.written, tr.conn.acked = 4, 3
	if n, err := tr.Write(t.Context(), []byte("a 1\n")); n != 0 || err != errPeerClosed {
		t.Errorf("Write returns %d, %v", n, err)
	}
	tr.conn.acked = 4
	if n, err := tr.Unacked(); n != 0 || err != nil {
		t.Errorf("Unacked of a dead connection whose peer has everything returns %d, %v", n, err)
	}
	tr.Reset()
}

// brokenConn is a connection whose Read fails.
type brokenConn struct {
	net.Conn
	err error
}

func (c brokenConn) Read([]byte) (int, error) { return 0, c.err }
func (c brokenConn) Close() error             { return nil }

func TestErrorOfADeadConnectionHasNoAddress(t *testing.T) {
	c := brokenConn{err: &net.OpError{Op: "read", Net: "tcp", Addr: &net.TCPAddr{Port: 2003}, Err: errDown}}
	sc := newStreamConn(c, c)
	sc.close()
	if err := sc.deadErr(); err != errDown {
		t.Errorf("got %v", err)
	}
}
