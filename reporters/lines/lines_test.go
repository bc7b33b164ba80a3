package lines

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monkit.example/internal/endpoint"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// words is an encoder that writes each measurement as a line.
type words struct{}

func (words) Name() string { return "words" }

func (words) AppendRun(dst []byte, run []reporters.Point) ([]byte, int) {
	for i := range run {
		dst = append(append(dst, run[i].Key.Measurement...), '\n')
	}
	return dst, 0
}

func batch(words ...string) *reporters.Batch {
	b := &reporters.Batch{}
	for _, w := range words {
		b.Points = append(b.Points, reporters.Point{Key: monkit.NewSeriesKey(w)})
	}
	return b
}

func open(t *testing.T, addr string, o Options) *reporters.Pusher {
	t.Helper()
	p, err := Open(addr, words{}, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// deliver reports b, closes p and checks that all lines were delivered.
func deliver(t *testing.T, p *reporters.Pusher, b *reporters.Batch) {
	t.Helper()
	if err := errors.Join(p.Report(t.Context(), b), p.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	l := p.Ledger()
	if err := l.Check(); err != nil || l.Delivered != l.Accepted {
		t.Errorf("ledger %v, %v", l, err)
	}
}

func TestPayloadSuitsTheTransport(t *testing.T) {
	for addr, want := range map[string]int{
		"udp://h:1": 1432, "unixgram:///s": 8192, "unix:///s": 64 << 10, "tcp://h:1": 64 << 10, "tls://h:1": 64 << 10, "http://h:1/": 512 << 10, "https://h:1/": 512 << 10,
	} {
		ep, err := endpoint.Parse(addr, endpoint.Default{})
		if err != nil {
			t.Fatal(err)
		}
		if got := maxPayload(ep); got != want {
			t.Errorf("%s: %d bytes, want %d", addr, got, want)
		}
	}
}

func TestLimitOfALineSuitsTheTransport(t *testing.T) {
	for _, tt := range []struct {
		addr                 string
		format, chosen, want int
	}{
		{"tcp://h:1", 80 << 10, 0, 80 << 10}, {"http://h:1/", 80 << 10, 0, 80 << 10}, {"unix:///s", 80 << 10, 0, 80 << 10},
		{"udp://h:1", 80 << 10, 0, 65507}, {"unixgram:///s", 80 << 10, 0, 65507}, {"udp://h:1", 8192, 0, 8192},
		{"udp://h:1", 8192, 512, 512}, {"tcp://h:1", 80 << 10, 4096, 4096}, {"tcp://h:1", 8192, 1 << 20, 8192},
		{"tcp://h:1", 0, 0, 0}, {"udp://h:1", 0, 512, 0},
	} {
		ep, err := endpoint.Parse(tt.addr, endpoint.Default{})
		if err != nil {
			t.Fatal(err)
		}
		if got := (Options{MaxLine: tt.format, Send: reporters.SendOptions{MaxPayload: tt.chosen}}).maxLine(ep); got != tt.want {
			t.Errorf("%s, %d of the format, %d chosen: %d bytes, want %d", tt.addr, tt.format, tt.chosen, got, tt.want)
		}
	}
}

// receive opens a datagram socket and returns its address and a function that
// reads n datagrams.
func receive(t *testing.T, network, address string) (string, func(n int) []string) {
	t.Helper()
	conn, err := net.ListenPacket(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.LocalAddr().String(), func(n int) (got []string) {
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		buf := make([]byte, 1<<16)
		for range n {
			m, _, err := conn.ReadFrom(buf)
			if err != nil {
				t.Fatalf("after %q: %v", got, err)
			}
			got = append(got, string(buf[:m]))
		}
		return got
	}
}

func TestOpenedReporterSendsPayloads(t *testing.T) {
	for _, transport := range []string{"udp", "unixgram"} {
		t.Run(transport, func(t *testing.T) {
			address := "127.0.0.1:0"
			if transport == "unixgram" {
				if runtime.GOOS == "windows" {
					t.Skip("Windows has no unix datagram sockets")
				}
				address = filepath.Join(t.TempDir(), "s")
			}
			address, read := receive(t, transport, address)
			p := open(t, transport+"://"+address, Options{Send: reporters.SendOptions{MaxPayload: 8}})
			deliver(t, p, batch("one", "two", "three"))
			if want := "words+" + transport + "://" + address; p.Name() != want {
				t.Errorf("the name is %q, want %q", p.Name(), want)
			}
			if got := strings.Join(read(2), "|"); got != "one\ntwo\n|three\n" {
				t.Errorf("received %q", got)
			}
		})
	}
}

func TestHTTPOptionsApply(t *testing.T) {
	var request *http.Request
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		request, body = r, string(p)
	}))
	defer server.Close()
	p := open(t, server.URL+"/lines", Options{HTTP: &HTTP{
		URL:         func(u *url.URL) error { u.RawQuery = "db=x"; return nil },
		ContentType: "text/words",
		Header:      func(h http.Header) { h.Set("Authorization", "Bearer t") },
	}})
	deliver(t, p, batch("one", "two"))
	if body != "one\ntwo\n" || request.Header.Get("Content-Encoding") != "" {
		t.Errorf("received %q, encoding %q", body, request.Header.Get("Content-Encoding"))
	}
	if got := request.URL.String(); got != "/lines?db=x" {
		t.Errorf("posted to %s", got)
	}
	if h := request.Header; h.Get("Content-Type") != "text/words" || h.Get("Authorization") != "Bearer t" {
		t.Errorf("the header is %v", h)
	}
}

func TestGzipCompressesLongBodies(t *testing.T) {
	encodings, queries := make(chan string, 1), make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		encodings <- r.Header.Get("Content-Encoding")
		queries <- r.URL.RawQuery
	}))
	defer server.Close()
	long := batch(strings.Repeat("w", 2000))
	for _, tt := range []struct {
		option string
		gzip   bool
		want   string
	}{
		{"", false, ""}, {"", true, "gzip"},
		{"?gzip=on", false, "gzip"}, {"?gzip=off", true, ""}, {"?a=1&gzip=off", true, ""},
	} {
		deliver(t, open(t, server.URL+tt.option, Options{HTTP: &HTTP{Gzip: tt.gzip}}), long)
		if got := <-encodings; got != tt.want {
			t.Errorf("with Gzip %v and %q the encoding is %q", tt.gzip, tt.option, got)
		}
		if got := <-queries; strings.Contains(got, "gzip") {
			t.Errorf("the server got the query %q", got)
		}
	}
}

func TestErrorsOfOpenSayWhatIsWrong(t *testing.T) {
	refuse := func(*url.URL) error { return errors.New("no database; add ?db=DB") }
	for _, tt := range []struct {
		name, addr string
		o          Options
		want       string
	}{
		{"no transport", "h:1", Options{}, "no transport"},
		{"no port", "tcp://h", Options{}, "no port"},
		{"http is not for this format", "http://h/", Options{}, "transport \"http\""},
		{"another format", "graphite+tcp://h:1", Options{}, "write words"},
		{"a folder for a file", "tls://h:1?ca=/", Options{}, "option ca: / is a folder"},
		{"the destination is named", "tls://h:1?ca=/", Options{}, "words address tls://h:1"},
		{"an unknown value of gzip", "http://h/?gzip=yes", Options{HTTP: &HTTP{}}, "gzip=yes is not known; write gzip=on or gzip=off"},
		{"the format rejects the URL", "http://h/", Options{HTTP: &HTTP{URL: refuse}}, "no database"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Open(tt.addr, words{}, tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open(%q) = %v, want it to contain %q", tt.addr, err, tt.want)
			}
		})
	}
}

func TestDefaultsCompleteTheAddress(t *testing.T) {
	for _, tt := range []struct {
		addr string
		o    Options
		want string
	}{
		{"h", Options{Transport: "tcp", Port: "7"}, "words+tcp://h:7"},
		{"udp://h", Options{Transport: "tcp", Port: "7"}, "words+udp://h:7"},
		{"h", Options{Transport: "http", Port: "7", HTTP: &HTTP{Port: "8"}}, "words+http://h:8"},
		{"tcp://h", Options{Transport: "http", Port: "7", HTTP: &HTTP{Port: "8"}}, "words+tcp://h:7"},
	} {
		p := open(t, tt.addr, tt.o)
		if p.Name() != tt.want {
			t.Errorf("%s is named %s, want %s", tt.addr, p.Name(), tt.want)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestBatchLargerThanTheQueueIsSentAsFarAsItFits(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	p := open(t, server.URL, Options{HTTP: &HTTP{}, Send: reporters.SendOptions{MaxBytes: 10}})
	p.Report(t.Context(), batch("one", "two", "three", "four", "five"))
	p.Close(t.Context()) // the error is that some lines found no room
	if l := p.Ledger(); l.Check() != nil || l.Dropped[ledger.Oversize] > 0 || l.Delivered == 0 {
		t.Errorf("ledger: %v", l)
	}
}

func TestNewReportsTheErrorOfTheAddress(t *testing.T) {
	p := New("no address", words{}, Options{})
	if err := p.Report(t.Context(), batch("one", "two")); err == nil || !strings.Contains(err.Error(), "space") {
		t.Errorf("Report() = %v", err)
	}
	l := p.Ledger()
	if err := l.Check(); err != nil || l.Dropped[ledger.SendFailed] != 2 {
		t.Errorf("ledger %v, %v", l, err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

func TestLinesReportedAfterCloseAreDroppedAsClosed(t *testing.T) {
	p := open(t, "udp://127.0.0.1:1", Options{})
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Report(t.Context(), batch("late")); err == nil {
		t.Error("Report() after Close returns nil")
	}
	l := p.Ledger()
	if err := l.Check(); err != nil || l.Dropped[ledger.Closed] != 1 {
		t.Errorf("ledger %v, %v", l, err)
	}
}

func TestLinesOfTheSameFormatAreSentUnchanged(t *testing.T) {
	address, read := receive(t, "udp", "127.0.0.1:0")
	b := batch("encoded")
	b.Format = "words"
	b.AddLine(b.CopyBytes([]byte("as received")), 0)
	deliver(t, open(t, "udp://"+address, Options{}), b)
	if got := read(1)[0]; got != "as received\n" {
		t.Errorf("received %q", got)
	}
}
