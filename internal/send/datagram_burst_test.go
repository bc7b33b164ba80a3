package send

import (
	"bytes"
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// A datagramReader counts lines, once it is started. Its socket has the buffer that
// Linux gives by default.
type datagramReader struct {
	conn  *net.UDPConn
	lines atomic.Int64
}

func newDatagramReader(t *testing.T) *datagramReader {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetReadBuffer(212_992 / 2); err != nil { // Linux doubles it
		t.Fatal(err)
	}
	return &datagramReader{conn: conn}
}

func (r *datagramReader) start(t *testing.T) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for buf := make([]byte, 64<<10); ; {
			n, err := r.conn.Read(buf)
			if err != nil {
				return // it is closed
			}
			r.lines.Add(int64(bytes.Count(buf[:n], newline)))
		}
	}()
	t.Cleanup(func() {
		r.conn.Close()
		<-done
	})
}

// settled returns how many lines were read, once no more come.
func (r *datagramReader) settled() (lines int) {
	for last := int64(-1); ; time.Sleep(100 * time.Millisecond) {
		n := r.lines.Load()
		if n == last {
			return int(n)
		}
		last = n
	}
}

// The datagrams of one flush are more than a receiver has room for. If they are
// spread, it gets most; how many depends on when it runs. So the test compares them
// with a burst that is sent before it runs. On an idle machine the spread ones lose
// none; a half of what the burst loses is the bound for a busy one.
func TestSpreadDatagramsLoseLessThanABurst(t *testing.T) {
	const datagrams, lines = 2000, 105
	payload := bytes.Repeat([]byte("burst.c:1|ms\n"), lines)
	burst := newDatagramReader(t)
	tr := open(t, "udp://"+burst.conn.LocalAddr().String(), DialOptions{})
	for range datagrams {
		if err := tr.(Messenger).Deliver(context.Background(), payload); err != nil {
			t.Fatal(err)
		}
	}
	burst.start(t)
	lostInBurst := datagrams*lines - burst.settled()
	if err := tr.Close(); err != nil {
		t.Error(err)
	}

	spread := newDatagramReader(t)
	spread.start(t)
	s := New(open(t, "udp://"+spread.conn.LocalAddr().String(), DialOptions{}), fast)
	s.SetInterval(5 * time.Second)
	for range datagrams {
		mustSend(t, s, string(payload), lines)
	}
	if err := s.Flush(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	lost := datagrams*lines - spread.settled()
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	t.Logf("of %d lines a burst loses %d, and %d are lost if they are spread", datagrams*lines, lostInBurst, lost)
	if lostInBurst < datagrams*lines/2 || lost > lostInBurst/2 {
		t.Errorf("%d of %d lines are lost, and %d in a burst", lost, datagrams*lines, lostInBurst)
	}
	checkLedger(t, s, "accepted=210000 delivered=210000 dropped=0 pending=0")
}
