package send

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// partlyWritten returns a transport whose connection took a part of a large payload,
// the other end of the connection, and the rest.
func partlyWritten(t *testing.T) (tr *streamTransport, peer net.Conn, taken int, rest []byte) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	tr = open(t, "tcp://"+l.Addr().String(), DialOptions{}).(*streamTransport)
	t.Cleanup(func() { tr.Close() })
	if err := tr.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if peer, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { peer.Close() })
	p := bytes.Repeat([]byte("a.b.c 1 1700000000\n"), 1<<20)
	if taken = tr.TryWrite(p); taken == 0 || taken == len(p) {
		t.Fatalf("the system took %d of %d bytes, want a part", taken, len(p))
	}
	return tr, peer, taken, p[taken:]
}

// The peer has the first part of a line, so the rest is nothing for another
// connection, although the peer closed this one in order and read everything.
func TestRestOfAChunkGoesToNoOtherConnection(t *testing.T) {
	tr, peer, taken, rest := partlyWritten(t)
	if _, err := io.CopyN(io.Discard, peer, int64(taken)); err != nil {
		t.Fatal(err)
	}
	peer.Close()
	for tr.conn.deadErr() == nil || tr.conn.buffer.unacked(taken) > 0 {
		time.Sleep(time.Millisecond)
	}
	if n, err := tr.Write(t.Context(), rest); n != 0 || !errors.Is(err, errPeerClosed) || tr.dials.Load() != 1 {
		t.Errorf("Write of the rest returns %d, %v after %d dials, want %v", n, err, tr.dials.Load(), errPeerClosed)
	}
	tr.Reset()
	if tr.connect(t.Context()); tr.conn == nil || tr.conn.unfinished {
		t.Error("there is no connection for whole chunks after Reset")
	}
}

// A connection that is only to be replaced gets the rest before.
func TestOldConnectionGetsTheRestOfAChunk(t *testing.T) {
	tr, peer, taken, rest := partlyWritten(t)
	tr.conn.born = time.Now().Add(-2 * maxConnAge)
	read := make(chan int64)
	go func() {
		n, _ := io.CopyN(io.Discard, peer, int64(taken+len(rest)))
		read <- n
	}()
	if n, err := tr.Write(t.Context(), rest); n != len(rest) || err != nil {
		t.Errorf("Write of the rest returns %d, %v", n, err)
	}
	if n := <-read; n != int64(taken+len(rest)) || tr.dials.Load() != 1 {
		t.Errorf("the peer read %d bytes over %d connections, want %d over one", n, tr.dials.Load(), taken+len(rest))
	}
	if tr.CanTry() {
		t.Error("an old connection takes more chunks without a look at its age")
	}
}

// With TLS the goroutine of the Sender does all writes: a try would count as one.
func TestTLSTakesNoTries(t *testing.T) {
	tr, _, _, _ := partlyWritten(t)
	if !tr.CanTry() {
		t.Error("plain tcp takes no tries")
	}
	tr.conn.Conn = struct{ net.Conn }{tr.conn.progress}
	if tr.CanTry() {
		t.Error("another conn over the socket takes tries")
	}
	tr.conn.Conn = tr.conn.progress
}

// The kernel returns the reason of a reset once. If a write that does not block gets
// it, the connection has failed by it, although the reader finds but its end: what the
// peer had acknowledged is sent again, and another address is tried first.
func TestResetThatATryFindsIsNoEndInOrder(t *testing.T) {
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		tr := open(t, "tcp://"+l.Addr().String(), DialOptions{}).(*streamTransport)
		if err := tr.connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		peer, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		peer.(*net.TCPConn).SetLinger(0)
		go peer.Close()
		for tr.conn.deadErr() == nil {
			tr.TryWrite([]byte("a 1\n"))
		}
		if err := tr.conn.deadErr(); !errors.Is(err, syscall.ECONNRESET) {
			t.Fatalf("the connection failed by %v", err)
		}
		tr.Close()
		l.Close()
	}
}
