package listen

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/descriptors"
	"monkit.example/reporters/ledger"
)

// dialFrom connects from an address of this machine.
func (r *running) dialFrom(t *testing.T, ip string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	conn, err := d.Dial("tcp", r.Addr().String())
	if err != nil {
		t.Skip("this system has one loopback address:", err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// Idle clients do not keep others out (a limit that closes newcomers lets a
// thousand of them shut a listener until they are idle for ten minutes).
func TestFullListenerServesNewcomers(t *testing.T) {
	for _, addr := range []string{"tcp://127.0.0.1:0", "unix://"} {
		t.Run(addr[:4], func(t *testing.T) {
			if addr == "unix://" {
				addr += socketPath(t)
			}
			var log syncBuffer
			r := listen(t, addr+"?maxconns=8", Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			var idle []net.Conn
			for n := range 8 {
				idle = append(idle, r.dial(t))
				waitFor(t, "a stream", func() bool { return r.stat("connections") == float64(n+1) })
			}
			write(t, idle[0], "a 1\n")
			r.waitForText(t, "a 1\n") // now the second one is idle for longest
			want := "a 1\n"
			for range 3 {
				good := r.dial(t)
				write(t, good, "b 2\n")
				want += "b 2\n"
				r.waitForText(t, want)
			}
			for _, conn := range idle[1:4] {
				readEnd(t, conn)
			}
			write(t, idle[0], "c 3\n")
			write(t, idle[4], "d 4\n")
			waitFor(t, "lines of the others", func() bool { return countLines([]byte(r.got())) == 6 })
			if got := r.RejectedConns().String(); got != "newcomer=3" {
				t.Errorf("closed connections are %q", got)
			}
			if n := strings.Count(log.String(), "too many connections are open"); n != 1 || !strings.Contains(log.String(), "maxconns=8") {
				t.Errorf("%d records, want 1:\n%s", n, log.String())
			}
			if in := r.stop(t); in.Accepted != 6 || in.Rejected.Sum() != 0 {
				t.Errorf("counts are %+v", in)
			}
		})
	}
}

// What had arrived from a connection that is closed for a newcomer is not lost.
func TestReplacedStreamIsReadToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newUnbound(Options{MaxConns: 1})
		here, there := net.Pipe()
		l.admit(t.Context(), here)
		there.Write([]byte("a 1\n"))
		synctest.Wait()
		next, newcomer := net.Pipe()
		wrote := make(chan error)
		go func() {
			_, err := there.Write([]byte("b 2\nhalf"))
			wrote <- err
		}()
		l.admit(t.Context(), next)
		if err := <-wrote; err != nil {
			t.Error(err)
		}
		if _, err := there.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the replaced stream is open: %v", err)
		}
		newcomer.Close()
		l.serving.Wait()
		in := l.Ledger()
		if now, _ := l.ring.usage(); now != 8 || in.Received != 3 || in.Rejected[ledger.Truncated] != 1 {
			t.Errorf("the ring holds %d bytes, counts are %v", now, in)
		}
		if got := l.RejectedConns().String(); got != "newcomer=1" {
			t.Errorf("closed connections are %q", got)
		}
	})
}

func TestOneHostDoesNotCloseConnectionsOfOthers(t *testing.T) {
	r := listen(t, "tcp://127.0.0.1:0?maxconns=6", Options{})
	good := r.dialFrom(t, "127.0.0.2")
	waitFor(t, "a stream", func() bool { return r.stat("connections") == 1 })
	for n := range 40 {
		r.dial(t)
		waitFor(t, "a stream", func() bool { return r.stat("accepted_connections") == float64(n+2) })
	}
	waitFor(t, "the end of those that were replaced", func() bool { return r.stat("connections") == 6 })
	write(t, good, "a 1\n")
	r.waitForText(t, "a 1\n")
	if in := r.stop(t); in.Accepted != 1 || in.Received != 1 {
		t.Errorf("counts are %+v", in)
	}
}

// without is a listener whose process lacks descriptors until it has closed a
// connection.
type without struct {
	conns  chan net.Conn
	lacks  bool
	closed chan struct{}
}

func (w *without) Accept() (net.Conn, error) {
	if w.lacks {
		select {
		case <-w.closed:
			w.lacks = false
		default:
			return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
		}
	}
	conn, ok := <-w.conns
	if !ok {
		return nil, net.ErrClosed
	}
	w.lacks = true
	return conn, nil
}

func (w *without) Close() error   { return nil }
func (w *without) Addr() net.Addr { return nil }

func TestLackOfDescriptorsClosesTheLongestIdle(t *testing.T) {
	if !descriptors.Lacks(syscall.EMFILE) {
		t.Skip("this system has no such limit")
	}
	synctest.Test(t, func(t *testing.T) {
		l := newUnbound(Options{})
		w := &without{conns: make(chan net.Conn, 2), closed: make(chan struct{})}
		first, one := net.Pipe()
		second, two := net.Pipe()
		w.conns <- first
		w.conns <- second
		close(w.conns)
		l.stream = w
		go func() {
			one.Read(make([]byte, 1))
			close(w.closed)
			time.Sleep(time.Minute) // until the second one is served
			two.Close()
		}()
		l.repeat(t.Context(), l.connections(t.Context()))
		l.serving.Wait()
		if n := l.counts.acceptedConns.Load(); n != 2 {
			t.Errorf("accepted %d connections, want 2", n)
		}
		if got := l.RejectedConns().String(); got != "no_descriptor=1" {
			t.Errorf("closed connections are %v", got)
		}
	})
}

func TestDefaultLimitIsAShareOfTheDescriptors(t *testing.T) {
	n, ok := descriptors.Max()
	if !ok {
		n = 1 << 40
	}
	for _, listeners := range []int{0, 1, 3, 1000} {
		want := min(10_000, int(n/2)/max(listeners, 1))
		if got := DefaultMaxConns(listeners); got != max(want, 1) {
			t.Errorf("DefaultMaxConns(%d) = %d, want %d of %d descriptors", listeners, got, want, n)
		}
	}
}

func TestSumOfRejectedConnectionsIsInStats(t *testing.T) {
	id := newIdentity(t)
	for _, tt := range []struct {
		addr string
		want int
	}{{"tcp://127.0.0.1:0", int(numPlainConnReasons)}, {id.addr(), int(numConnReasons)}} {
		r := open(t, tt.addr, Options{})
		for reason := range connReason(tt.want) {
			for range int(reason) + 1 {
				r.rejectConn(reason, "peer")
			}
		}
		if got := r.RejectedConns(); len(got) != tt.want || got.Sum() != int64(tt.want*(tt.want+1)/2) {
			t.Errorf("%s: closed %v", tt.addr, got)
		}
		emitted := r.connStats()
		if emitted.String() != r.RejectedConns().String() {
			t.Errorf("%s: Stats emits %v, want %v", tt.addr, emitted, r.RejectedConns())
		}
	}
}

// A crowd that starts handshakes and does not finish them takes no place of a
// stream, and does not keep a client out that does.
func TestUnfinishedHandshakesTakeNoPlaceOfAStream(t *testing.T) {
	server, client := newIdentity(t), newIdentity(t)
	var log syncBuffer
	r := listen(t, server.addr()+"&maxconns=4&ca="+client.cert, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	conf := &tls.Config{RootCAs: server.pool, Certificates: []tls.Certificate{client.pair}}
	before := dialTLS(t, r, conf)
	write(t, before, "a 1\n")
	r.waitForText(t, "a 1\n")
	most := maxHandshakes(4)
	for n := range 10 * most {
		conn := r.dial(t)
		if n%2 == 0 {
			write(t, conn, "\x16") // the first byte of a handshake
		}
	}
	waitFor(t, "the crowd", func() bool { return r.stat("accepted_connections") == float64(10*most+1) })
	after := dialTLS(t, r, conf)
	write(t, after, "b 2\n")
	r.waitForText(t, "a 1\nb 2\n")
	write(t, before, "c 3\n")
	r.waitForText(t, "a 1\nb 2\nc 3\n")
	if n := r.stat("connections"); n != 2 {
		t.Errorf("%v connections count as streams, want 2", n)
	}
	if n := r.stat("handshakes"); n < 1 || n > float64(most) {
		t.Errorf("%v handshakes are unfinished, want at most %d", n, most)
	}
	waitFor(t, "the count", func() bool { return r.RejectedConns()["handshake_newcomer"] >= int64(9*most) })
	if n := strings.Count(log.String(), "too many TLS handshakes"); n != 1 {
		t.Errorf("%d records, want 1:\n%s", n, log.String())
	}
	if in := r.stop(t); in.Accepted != 3 || in.Received != 3 {
		t.Errorf("counts are %+v", in)
	}
}

// connStats returns the counts of rejected connections that Stats reports.
func (r *running) connStats() ledger.Counts {
	c := ledger.Counts{}
	r.eachStat("rejected_connections", func(reason string, val float64) { c.Count(ledger.Reason(reason), int64(val)) })
	return c
}

func TestMaxConnsIsAnOptionOfStreams(t *testing.T) {
	for _, tt := range []struct{ name, addr, wrong string }{
		{"tcp", "tcp://h:1?maxconns=100", ""},
		{"tls", "tls://h:1?maxconns=100&cert=c&key=k", ""},
		{"unix", "unix:///s?maxconns=1", ""},
		{"none", "tcp://h:1?maxconns=0", "maxconns=10000"},
		{"negative", "tcp://h:1?maxconns=-5", "maxconns=10000"},
		{"no number", "tcp://h:1?maxconns=many", "maxconns=10000"},
		{"datagrams", "udp://h:1?maxconns=100", `"maxconns" is not known for udp`},
	} {
		t.Run(tt.name, func(t *testing.T) { checkOption(t, tt.addr, tt.wrong) })
	}
	if n, ok := descriptors.Max(); ok && n < 1<<40 {
		checkOption(t, "tcp://h:1?maxconns="+strconv.FormatUint(n+1, 10), "LimitNOFILE")
	}
}
