package relay

import (
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
	"monkit.example/reporters/ledger"
	"monkit.example/reporters/pickle"
)

// pickled returns the frame of a pickle.
func pickled(text string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(text)))) + text
}

func TestPicklesAreReceived(t *testing.T) {
	s := faultsink.NewTCP(t)
	r := start(t, Config{Listen: []string{"pickle+tcp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + s.Addr()}})
	conn := dial(t, r.Addrs()[0])
	write(t, conn, pickled("(lp0\n(S'a.b'\np1\n(I1700000000\nF0.5\ntp2\ntp3\na.")+
		pickled("](U\x01aK\x01N\x86\x86U\x01bK\x01Fnan\n\x86\x86U\x01cK\x07K\x08\x86\x86e.")+
		pickled("cos\nsystem\n(S'true'\ntR.")+pickled("](U\x01dK")[:7])
	waitFor(t, "delivery", func() bool { return text(s) == "a.b 0.5 1700000000\nc 8 7\n" })
	conn.Close()
	waitFor(t, "the end of the connection", func() bool { return r.Ledger().Received().Rejected[ledger.Truncated] == 1 })
	l := r.stop(t)
	if got := l.Listeners[0].Rejected.String(); got != "malformed=2,not_finite=1,truncated=1" {
		t.Errorf("rejected %s", got)
	}
	if l.Listeners[0].Accepted != 2 || l.Destinations[0].Delivered != 2 {
		t.Errorf("the ledger is %v", l)
	}
}

func TestConnectionThatSendsTextToAListenerOfPicklesIsClosed(t *testing.T) {
	s := faultsink.NewTCP(t)
	r := start(t, Config{Listen: []string{"pickle+tcp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + s.Addr()}})
	conn := dial(t, r.Addrs()[0])
	write(t, conn, "a.b.c 1 1700000000\n")
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := conn.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("the connection is open: %v", err)
	}
	l := r.stop(t)
	if got := l.Listeners[0].Rejected.String(); got != "malformed=1" {
		t.Errorf("rejected %s", got)
	}
}

func TestLinesAreForwardedAsPickles(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	lines := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			lines <- err.Error()
			return
		}
		defer conn.Close()
		got, _ := io.ReadAll(pickle.NewReader(conn))
		lines <- string(got)
	}()
	r := start(t, Config{
		Listen: []string{"graphite+tcp://127.0.0.1:0", "pickle+tcp://127.0.0.1:0"}, Forward: []string{"pickle+tcp://" + l.Addr().String()},
	})
	write(t, dial(t, r.Addrs()[0]), "a.b;k=v 1.50 1700000000\n")
	waitFor(t, "delivery", func() bool { return r.Ledger().Destinations[0].Delivered == 1 })
	write(t, dial(t, r.Addrs()[1]), pickled("](U\x01cK\x07K\x08\x86\x86e."))
	waitFor(t, "delivery", func() bool { return r.Ledger().Destinations[0].Delivered == 2 })
	r.stop(t)
	if got := <-lines; got != "a.b;k=v 1.5 1700000000\nc 8 7\n" {
		t.Errorf("forwarded %q", got)
	}
}

func TestLinesAreForwardedToACollector(t *testing.T) {
	bodies := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := io.ReadAll(r.Body)
		bodies <- r.URL.Path + " " + string(p)
	}))
	defer server.Close()
	r := start(t, Config{Listen: []string{"graphite+tcp://127.0.0.1:0"}, Forward: []string{"otlp+" + server.URL}})
	write(t, dial(t, r.Addrs()[0]), "a.total;host=web1;scope=app 5 1700000000\n")
	waitFor(t, "delivery", func() bool { return r.Ledger().Destinations[0].Delivered == 1 })
	r.stop(t)
	body := <-bodies
	for _, want := range []string{"/v1/metrics ", `{"name":"a.total","sum":`, `{"key":"host","value":{"stringValue":"web1"}}`, `"timeUnixNano":"1700000000000000000"`} {
		if !strings.Contains(body, want) {
			t.Errorf("posted %s, want %s", body, want)
		}
	}
}

func TestFormatsThatListenersOrTransportsLackAreErrors(t *testing.T) {
	const listen, forward = "graphite+udp://127.0.0.1:0", "graphite+tcp://h:1"
	for _, tt := range []struct{ name, listen, forward, want string }{
		{"pickles have no datagrams", "pickle+udp://:2004", forward, "pickle has no datagrams; write tcp, tls or unix"},
		{"pickles have no unix datagrams", "pickle+unixgram:///run/s", forward, "pickle has no datagrams; write tcp, tls or unix"},
		{"no pickles over udp", listen, "pickle+udp://h:2004", "write tcp, tls or unix"},
		{"nothing listens to otlp", "otlp+tcp://:4318", forward, "write graphite, influx, statsd or pickle"},
		{"no otlp over tcp", listen, "otlp+tcp://h:4318", "write http or https"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := New(Config{Listen: []string{tt.listen}, Forward: []string{tt.forward}})
			if err == nil {
				r.closeUnused()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New() = %v, want %q", err, tt.want)
			}
		})
	}
}
