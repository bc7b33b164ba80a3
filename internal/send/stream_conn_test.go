package send

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/faultsink"
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
	tr = newStreamTransport(endpoint.Endpoint{Transport: endpoint.TCP}, DialOptions{}.withDefaults(), nil)
	setConn(tr, c)
	return tr, c, peer
}

// testLiteral returns a resolver of an IP address and port.
func testLiteral(t *testing.T, addr string) *resolver {
	t.Helper()
	r, err := newResolver(addr, DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// setConn makes c the connection of tr.
func setConn(tr *streamTransport, c net.Conn) {
	tr.conn = newStreamConn(c, "pipe", nil, false, tr.limits)
	tr.conn.start()
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

func (c slowConn) Close() error                     { close(c.closed); return nil }
func (c slowConn) SetWriteDeadline(time.Time) error { return nil }

func TestResetJoinsTheReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, c := newStreamTransport(endpoint.Endpoint{}, DialOptions{}, nil), slowConn{closed: make(chan struct{})}
		setConn(tr, c)
		start := time.Now()
		tr.Reset()
		if d := time.Since(start); d != time.Second {
			t.Errorf("Reset returns %v after Close, before Read has", d)
		}
	})
}

func TestWriteThatThePeerDoesNotReadEndsWithItsContextOrAfterFiveMinutes(t *testing.T) {
	for _, tt := range []struct {
		timeout, want time.Duration
		err           error
	}{
		{time.Hour, 5 * time.Minute, errStalled},
		{2500 * time.Millisecond, 2500 * time.Millisecond, context.DeadlineExceeded},
	} {
		synctest.Test(t, func(t *testing.T) {
			tr, _, _ := pipeTransport(t) // whose peer does not read
			ctx, cancel := context.WithTimeout(t.Context(), tt.timeout)
			defer cancel()
			start := time.Now()
			n, err := tr.Write(ctx, []byte("a 1\n"))
			if d := time.Since(start); n != 0 || !errors.Is(err, tt.err) || d != tt.want {
				t.Errorf("Write returns %d, %v after %v, want %v after %v", n, err, d, tt.err, tt.want)
			}
			tr.Abort()
			tr.Close()
		})
	}
}

func TestWriteGoesOnWhileThePeerReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, _, peer := pipeTransport(t)
		go func() {
			for p := make([]byte, 1); ; {
				time.Sleep(100 * time.Second)
				if _, err := peer.Read(p); err != nil {
					return
				}
			}
		}()
		start := time.Now()
		n, err := tr.Write(t.Context(), []byte("a 1\nb 1\n"))
		if d := time.Since(start); n != 8 || err != nil || d != 800*time.Second {
			t.Errorf("Write returns %d, %v after %v", n, err, d)
		}
		tr.Abort()
		tr.Close()
		peer.Close()
		time.Sleep(time.Minute * 5)
	})
}

// The deadline of a Write whose context ended must not end the next one.
func TestWriteAfterOneThatWasCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, _, peer := pipeTransport(t)
		tr.Write(within(t, time.Second), []byte("a 1\n"))
		go io.Copy(io.Discard, peer)
		if n, err := tr.Write(t.Context(), []byte("b 1\n")); n != 4 || err != nil {
			t.Errorf("Write returns %d, %v", n, err)
		}
		tr.Reset()
	})
}

// A context is watched for all writes with it, and ends those alone.
func TestContextEndsEachOfItsWritesAndNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, _, peer := pipeTransport(t)
		write := func(ctx context.Context) {
			go io.ReadFull(peer, make([]byte, 4))
			if n, err := tr.Write(ctx, []byte("a 1\n")); n != 4 || err != nil {
				t.Errorf("Write returns %d, %v", n, err)
			}
		}
		first, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		second, cancel := context.WithCancel(t.Context())
		defer cancel()
		write(t.Context())
		write(first)
		start := time.Now()
		if n, err := tr.Write(first, []byte("a 1\n")); n != 0 || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("Write returns %d, %v after %v", n, err, time.Since(start))
		}
		write(second)
		cancel()
		write(t.Context())
		tr.Reset()
	})
}

// TLS writes an alert when it closes the sending direction.
func TestContextOfWritesDoesNotEndTheCloseOfTheSendingDirection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, c, peer := pipeTransport(t)
		ctx, cancel := context.WithCancel(t.Context())
		go io.Copy(io.Discard, peer)
		if n, err := tr.Write(ctx, []byte("a 1\n")); n != 4 || err != nil {
			t.Errorf("Write returns %d, %v", n, err)
		}
		conn := tr.conn
		c.onCloseWrite = func() {
			cancel()
			synctest.Wait()
			if conn.progress.limit.Equal(past) {
				t.Error("no more bytes can be written")
			}
		}
		tr.Close()
		if !c.closedWrite {
			t.Error("the sending direction was not closed")
		}
	})
}

func TestWriteEndsWhenThePeerCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, _, _ := pipeTransport(t)
		start := time.Now()
		time.AfterFunc(time.Second, func() { tr.conn.fail(errDown); tr.conn.progress.interrupt() })
		n, err := tr.Write(t.Context(), []byte("a 1\n"))
		if n != 0 || !errors.Is(err, errDown) || time.Since(start) != time.Second {
			t.Errorf("Write returns %d, %v after %v", n, err, time.Since(start))
		}
		tr.Reset()
	})
}

func TestWriteReturnsWhatWasWrittenBeforeAnError(t *testing.T) {
	tr, _, peer := pipeTransport(t)
	go func() {
		peer.Read(make([]byte, 2))
		peer.Close()
	}()
	n, err := tr.Write(t.Context(), []byte("a 1\n"))
	if n != 2 || err == nil {
		t.Errorf("Write returns %d, %v", n, err)
	}
	if tr.conn.written != 2 {
		t.Errorf("%d bytes are counted as written", tr.conn.written)
	}
	tr.Reset()
}

// The system returns the reason for the end of a connection once: to a read or
// to a write. The other only learns that the stream ended.
func TestReasonOfAFailureIsKept(t *testing.T) {
	alert := errors.New("tls: bad certificate")
	for _, tt := range []struct {
		name              string
		read, write, want error
	}{
		{"of the write", io.EOF, errDown, errDown},
		{"of the read", errDown, io.ErrClosedPipe, errDown},
		{"an alert", alert, errDown, alert},
		{"of neither", io.EOF, os.ErrDeadlineExceeded, errPeerClosed},
	} {
		tr, _, _ := pipeTransport(t)
		tr.conn.fail(tt.read)
		tr.conn.failWrite(tt.write)
		if err := tr.conn.deadErr(); err != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		tr.Reset()
	}
}

// What the peer's system acknowledged before a connection failed, the peer may
// not have read. So an error is returned even if everything was acknowledged.
func TestEndOfAnIdleConnectionIsAnErrorUnlessItWasInOrder(t *testing.T) {
	for _, tt := range []struct {
		name    string
		err     error
		acked   int // of 4 bytes
		unacked error
	}{
		{"closed, all acknowledged", io.EOF, 4, nil},
		{"closed, some not acknowledged", io.EOF, 3, errPeerClosed},
		{"closed without an alert of TLS", io.ErrUnexpectedEOF, 4, nil},
		{"failed, all acknowledged", errDown, 4, errDown},
		{"failed, some not acknowledged", errDown, 3, errDown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sink := faultsink.NewTCP(t)
			tr, _, _ := pipeTransport(t)
			defer tr.Close()
			tr.resolver = testLiteral(t, sink.Addr())
			tr.conn.buffer = &sendBuffer{}
			tr.conn.written, tr.conn.acked = 4, tt.acked
			tr.conn.fail(tt.err)
			if runtime.GOOS != "linux" && tt.err == io.EOF {
				tt.unacked = nil // what was written counts as acknowledged
			}
			for range 2 {
				if _, err := tr.Unacked(); err != tt.unacked {
					t.Errorf("Unacked returns %v, want %v", err, tt.unacked)
				}
			}
			n, err := tr.Write(t.Context(), []byte("b 1\n"))
			if tt.unacked == nil {
				if n != 4 || err != nil || tr.conn.written != 4 {
					t.Errorf("Write over a new connection returns %d, %v", n, err)
				}
				sink.WaitLines(1)
				return
			}
			if n != 0 || err != tt.unacked {
				t.Errorf("Write returns %d, %v, want %v", n, err, tt.unacked)
			}
			if n := tr.Reset(); n != 4-tt.acked {
				t.Errorf("Reset returns %d, want %d", n, 4-tt.acked)
			}
			if n, err := tr.Unacked(); n != 0 || err != nil {
				t.Errorf("Unacked after Reset returns %d, %v", n, err)
			}
		})
	}
}

// brokenConn is a connection whose Read fails.
type brokenConn struct {
	net.Conn
	err error
}

func (c brokenConn) Read([]byte) (int, error) { return 0, c.err }
func (c brokenConn) Close() error             { return nil }

func (c brokenConn) SetWriteDeadline(time.Time) error { return nil }

func TestErrorOfADeadConnectionHasNoAddress(t *testing.T) {
	c := brokenConn{err: &net.OpError{Op: "read", Net: "tcp", Addr: &net.TCPAddr{Port: 2003}, Err: errDown}}
	sc := newStreamConn(c, "", nil, false, defaultLimits)
	sc.start()
	sc.close()
	if err := sc.deadErr(); err != errDown {
		t.Errorf("got %v", err)
	}
}
