package relay

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
	"monkit.example/reporters/ledger"
)

// bodies is a server that keeps what is posted.
type bodies struct {
	mu   sync.Mutex
	text strings.Builder // guarded by mu
}

func (b *bodies) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.text.Write(body); err != nil {
		b.text.WriteString(err.Error())
	}
	w.WriteHeader(http.StatusNoContent)
}

func (b *bodies) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// A line that a listener takes is delivered over every stream, also with the time that
// it gets.
func TestLinesOf64KiBAreDelivered(t *testing.T) {
	const most = 64 << 10
	pad := func(head, tail string, n int) string { return head + strings.Repeat("x", n-len(head)-len(tail)) + tail }
	var posted bodies
	server := httptest.NewServer(&posted)
	defer server.Close()
	tcp, unix := faultsink.NewTCP(t), faultsink.NewUnix(t)
	for _, tt := range []struct {
		name, listen, forward string
		line                  func(n int) string
		got                   func() string
	}{
		{"graphite", "graphite+tcp://127.0.0.1:0", "graphite+tcp://" + tcp.Addr(), func(n int) string { return pad("a.", " 1 1700000000", n) }, func() string { return text(tcp) }},
		{"graphite without a time", "graphite+tcp://127.0.0.1:0", "graphite+unix://" + unix.Addr(), func(n int) string { return pad("a.", " 1", n) }, func() string { return text(unix) }},
		{"influx", "influx+tcp://127.0.0.1:0", "influx+tcp://" + tcp.Addr(), func(n int) string { return pad("m s=\"", "\",f=1 1700000000000000000", n) }, func() string { return text(tcp) }},
		{"influx to http", "influx+tcp://127.0.0.1:0", "influx+" + server.URL + "/write?db=x&gzip=off", func(n int) string { return pad("m s=\"", "\",f=1", n) }, posted.String},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, Config{Listen: []string{tt.listen}, Forward: []string{tt.forward}})
			before := len(tt.got())
			conn, want, lines := dial(t, r.Addrs()[0]), 0, 0
			for _, n := range []int{7000, 8000, 8193, 60_000, most - 1, most, 100} {
				write(t, conn, tt.line(n)+"\n")
				lines, want = lines+1, want+n+1
			}
			waitFor(t, "delivery", func() bool { return r.Ledger().Destinations[0].Delivered == int64(lines) })
			write(t, conn, tt.line(most+1)+"\n")
			waitFor(t, "the line that is too long", func() bool { return r.Ledger().Listeners[0].Rejected[ledger.TooLong] == 1 })
			if l := r.stop(t); l.Destinations[0].Delivered != int64(lines) || l.Destinations[0].Dropped.Sum() > 0 {
				t.Errorf("the ledger is %v", l)
			}
			got := tt.got()[before:]
			if n := strings.Count(got, "\n"); n != lines || len(got) < want || len(got) > want+lines*len(" 1700000000000000000") {
				t.Errorf("%d bytes in %d lines arrived, want %d or a time more in %d", len(got), n, want, lines)
			}
		})
	}
}

// Packed lines of StatsD are split for the datagram; one that cannot be split gets a
// larger one.
func TestLongStatsDLinesAreSplitForDatagrams(t *testing.T) {
	s := faultsink.NewUDP(t)
	var log strings.Builder
	r := start(t, Config{Listen: []string{"statsd+tcp://127.0.0.1:0", "statsd+udp://127.0.0.1:0"}, Forward: []string{"statsd+udp://" + s.Addr()}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	conn := dial(t, r.Addrs()[0])
	var values []string
	for i := range 1200 {
		values = append(values, fmt.Sprint(i))
	}
	packed := strings.Join(values, ":")
	write(t, conn, "dog:"+packed+"|ms|#env:prod\n")
	write(t, conn, "etsy:"+strings.ReplaceAll(packed, ":", "|c:")+"|c\n")
	tags := "one:1|c|#" + strings.Repeat("key:value,", 500) + "end:1"
	write(t, conn, tags+"\n")
	never := "big:1|c|#" + strings.Repeat("key:value,", 1000) + "end:1"
	write(t, dial(t, r.Addrs()[1]), never+"\n") // a line of a stream is not as long
	write(t, conn, "last:1|c\n")
	waitFor(t, "delivery", func() bool {
		return strings.Contains(text(s), "last:1|c\n") && r.Ledger().Destinations[0].Dropped.Sum() == 1
	})
	rejected := r.Rejected()
	l := r.stop(t)
	if d := l.Destinations[0]; d.Delivered != 4 || d.Dropped.String() != "oversize=1" {
		t.Errorf("the ledger is %v", l)
	}
	counted := map[string]int{}
	for _, payload := range s.Payloads() {
		single := strings.Count(payload, "\n") == 1
		if len(payload) > 8192 || len(payload) > 1432 && !single {
			t.Errorf("a datagram of %d bytes with %d lines", len(payload), strings.Count(payload, "\n"))
		}
		for line := range strings.Lines(payload) {
			name, rest, _ := strings.Cut(line, ":")
			switch name {
			case "dog":
				counted[name] += strings.Count(rest, ":") // that in the tag stands for one of the values
			case "etsy":
				counted[name] += strings.Count(rest, "|c")
			default:
				counted[strings.TrimSuffix(line, "\n")]++
			}
		}
	}
	if counted["dog"] != 1200 || counted["etsy"] != 1200 || counted[tags] != 1 || counted["last:1|c"] != 1 || len(counted) != 4 {
		t.Errorf("values that arrived: dog %d, etsy %d, and %d others", counted["dog"], counted["etsy"], len(counted)-2)
	}
	if len(rejected) != 1 || rejected[0].Reason != ledger.Oversize || rejected[0].Example.Text != never[:200] || !strings.Contains(rejected[0].Example.Err, "at most 8192") {
		t.Errorf("shown are %+v", rejected)
	}
	if !strings.Contains(log.String(), "lines are too long to be sent") {
		t.Errorf("the log is\n%s", &log)
	}
}

// A receiver of datagrams takes a large one if there is no other way to send a line.
func TestLongGraphiteLineIsOneDatagram(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := start(t, Config{Listen: []string{"graphite+tcp://127.0.0.1:0"}, Forward: []string{"graphite+udp://" + c.LocalAddr().String()}})
	line := "a." + strings.Repeat("x", 50_000) + " 1 1700000000\n"
	write(t, dial(t, r.Addrs()[0]), line)
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	buf := make([]byte, 1<<16)
	if n, _, err := c.ReadFrom(buf); err != nil || string(buf[:n]) != line {
		t.Errorf("received %d bytes, %v", n, err)
	}
	if l := r.stop(t); l.Destinations[0].Delivered != 1 {
		t.Errorf("the ledger is %v", l)
	}
}
