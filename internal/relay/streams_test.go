package relay

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"monkit.example/internal/faultsink"
	"monkit.example/internal/listen"
	"monkit.example/reporters/ledger"
)

// The longest line is taken, and one byte more is too long: 64 KiB are the longest
// series key of InfluxDB, and 8 KiB are what an agent of DogStatsD reads at once.
func TestLongestLineOfAStreamIsThatOfItsFormat(t *testing.T) {
	for _, tt := range []struct {
		format, line string // %s is a name
		max          int
	}{
		{"graphite", "%s 1 1700000000", 64 << 10},
		{"influx", "m,t=%s v=1 1700000000000000000", 64 << 10},
		{"statsd", "%s:1|c", 8 << 10},
	} {
		t.Run(tt.format, func(t *testing.T) {
			s := faultsink.NewTCP(t)
			r := start(t, Config{Listen: []string{tt.format + "+tcp://127.0.0.1:0"}, Forward: []string{tt.format + "+tcp://" + s.Addr()}})
			conn := dial(t, r.Addrs()[0])
			name := strings.Repeat("x", tt.max-len(fmt.Sprintf(tt.line, "")))
			write(t, conn, fmt.Sprintf(tt.line, name)+"\n"+fmt.Sprintf(tt.line, name+"x")+"\n"+fmt.Sprintf(tt.line, "last")+"\n")
			waitFor(t, "the last line", func() bool { return strings.Contains(text(s), "last") })
			in := r.stop(t).Received()
			if in.Received != 3 || in.Rejected[ledger.TooLong] != 1 {
				t.Errorf("listener ledger is %v, want one line too long", in)
			}
		})
	}
}

// A client of HTTP, such as one that scrapes, at the port of each format.
func TestHTTPOnAPortOfLinesIsNoLine(t *testing.T) {
	for _, format := range []string{"graphite", "influx", "statsd", "pickle"} {
		t.Run(format, func(t *testing.T) {
			s := faultsink.NewTCP(t)
			r := start(t, Config{Listen: []string{format + "+tcp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + s.Addr()}})
			conn := dial(t, r.Addrs()[0])
			write(t, conn, "POST /api/v2/write?org=o HTTP/1.1\r\nAuthorization: Token secret\r\nContent-Length: 42\r\n\r\na.b 1 1700000000\na,b=c d=1 1700000000000000000\nx:1|c\n")
			answer, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") || !strings.Contains(string(answer), format) {
				t.Errorf("answered %q, %v", answer, err)
			}
			for _, l := range r.Rejected() {
				if strings.Contains(l.Example.Text, "secret") || strings.Contains(l.Example.Err, "secret") {
					t.Errorf("shows %+v", l)
				}
			}
			in := r.stop(t).Received()
			if in.Received != 1 || in.Rejected[ledger.HTTPOnLinePort] != 1 || text(s) != "" {
				t.Errorf("listener ledger is %v, forwarded %q", in, text(s))
			}
		})
	}
}

// gmetad opens a connection for each line, and sends the NUL behind it
// (ganglia/monitor-core, gmetad/export_helpers.c).
func TestLinesOfGmetadAreGood(t *testing.T) {
	s := faultsink.NewTCP(t)
	r := start(t, Config{Listen: []string{"graphite+tcp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + s.Addr()}})
	for n := range 16 {
		conn := dial(t, r.Addrs()[0])
		write(t, conn, fmt.Sprintf("ganglia.c.h.load_%d 0.5 1700000000\n\x00", n))
		conn.Close()
	}
	waitFor(t, "delivery", func() bool { return strings.Count(text(s), "\n") == 16 })
	if in := r.stop(t).Received(); in.Received != 16 || in.Accepted != 16 || strings.Contains(text(s), "\x00") {
		t.Errorf("listener ledger is %v, forwarded %q", in, text(s))
	}
}

func mustParseListener(t *testing.T, addr string) listenAddress {
	t.Helper()
	a, err := parseListener(addr)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Listeners of streams share the descriptors, and those of datagrams need none.
func TestListenersOfStreamsShareTheDescriptors(t *testing.T) {
	var one []listenAddress
	for _, addr := range []string{"graphite+tcp://127.0.0.1:0", "statsd+udp://127.0.0.1:0", "statsd+unixgram:///run/s"} {
		one = append(one, mustParseListener(t, addr))
	}
	if got, want := maxConnsOf(one), listen.DefaultMaxConns(1); got != want {
		t.Errorf("one listener of streams has %d connections, want %d", got, want)
	}
	three := append(one, mustParseListener(t, "influx+unix:///run/i"), mustParseListener(t, "graphite+tls://:2004?cert=c&key=k"))
	if got, want := maxConnsOf(three), listen.DefaultMaxConns(3); got != want {
		t.Errorf("three listeners of streams have %d connections each, want %d", got, want)
	}
}

// More silent clients than a listener has places, from one host, keep no client out.
func TestSilentClientsKeepNoOtherOut(t *testing.T) {
	s := faultsink.NewTCP(t)
	r := start(t, Config{Listen: []string{"graphite+tcp://127.0.0.1:0?maxconns=32"}, Forward: []string{"graphite+tcp://" + s.Addr()}})
	var silent []net.Conn
	for range 100 {
		silent = append(silent, dial(t, r.Addrs()[0]))
	}
	write(t, dial(t, r.Addrs()[0]), "good 1 1700000000\n")
	waitFor(t, "delivery", func() bool { return text(s) == "good 1 1700000000\n" })
	for _, conn := range silent {
		conn.Close()
	}
	if in := r.stop(t).Received(); in.Received != 1 || in.Accepted != 1 {
		t.Errorf("listener ledger is %v", in)
	}
}
