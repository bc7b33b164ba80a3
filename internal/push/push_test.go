package push

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monkit.example/internal/endpoint"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// words is a codec that writes the measurement, a word a line.
type words struct{}

func (words) Name() string { return "words" }

func (words) AppendRun(dst []byte, run []reporters.Point) ([]byte, int) {
	for i := range run {
		dst = append(append(dst, run[i].Key.Measurement...), '\n')
	}
	return dst, 0
}

func (words) Decode(*reporters.Batch, []byte) int { return 0 }

func batch(words ...string) *reporters.Batch {
	b := &reporters.Batch{}
	for _, w := range words {
		b.Points = append(b.Points, reporters.Point{Key: monkit.NewSeriesKey(w)})
	}
	return b
}

func parse(t *testing.T, addr string) endpoint.Endpoint {
	t.Helper()
	ep, err := endpoint.Parse(addr, endpoint.Default{})
	if err != nil {
		t.Fatal(err)
	}
	return ep
}

func TestPayloadsSuitTheTransport(t *testing.T) {
	for addr, want := range map[string]int{
		"udp://h:1": 1432, "unixgram:///s": 8192, "unix:///s": 64 << 10, "tcp://h:1": 64 << 10, "tls://h:1": 64 << 10, "http://h:1/": 512 << 10, "https://h:1/": 512 << 10,
	} {
		if got := maxPayload(parse(t, addr)); got != want {
			t.Errorf("%s: %d bytes, want %d", addr, got, want)
		}
	}
}

// receive opens a datagram socket and returns its address and a function that
// reads so many datagrams.
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

func TestOpenSends(t *testing.T) {
	for _, transport := range []string{"udp", "unixgram"} {
		t.Run(transport, func(t *testing.T) {
			address := "127.0.0.1:0"
			if transport == "unixgram" {
				if runtime.GOOS == "windows" {
					t.Skip("Windows has no datagrams of unix sockets")
				}
				address = filepath.Join(t.TempDir(), "s")
			}
			address, read := receive(t, transport, address)
			p, err := Open(parse(t, transport+"://"+address), words{}, Options{Send: reporters.SendOptions{MaxPayload: 8}})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Report(t.Context(), batch("one", "two", "three")); err != nil {
				t.Fatal(err)
			}
			if err := p.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if want := "words+" + transport + "://" + address; p.Name() != want {
				t.Errorf("is called %q, want %q", p.Name(), want)
			}
			if got := strings.Join(read(2), "|"); got != "one\ntwo\n|three\n" {
				t.Errorf("received %q", got)
			}
			l := p.Ledger()
			if err := l.Check(); err != nil || l.Delivered != 3 {
				t.Errorf("ledger %v, %v", l, err)
			}
		})
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	ep := parse(t, "tls://h:1?ca=/no/such/file")
	if _, err := Open(ep, words{}, Options{}); err == nil || !strings.Contains(err.Error(), "/no/such/file") || !strings.Contains(err.Error(), "tls://h:1") {
		t.Errorf("Open() = %v", err)
	}
}

func TestNewReportsABadAddress(t *testing.T) {
	bad := errors.New("no such transport")
	p := New(words{}, func() (*reporters.Pusher, error) { return nil, bad })
	if err := p.Report(t.Context(), batch("one", "two")); !errors.Is(err, bad) {
		t.Errorf("Report() = %v", err)
	}
	l := p.Ledger()
	if err := l.Check(); err != nil || l.Dropped["refused"] != 2 {
		t.Errorf("ledger %v, %v", l, err)
	}
	if err := p.Close(context.Background()); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

func TestNewReturnsWhatWasOpened(t *testing.T) {
	want := reporters.NewPusher(words{}, reporters.Broken(nil), reporters.PusherOptions{})
	if got := New(words{}, func() (*reporters.Pusher, error) { return want, nil }); got != want {
		t.Error("another Pusher is returned")
	}
}

// A batch of the codec's own format passes as it came.
func TestLinesOfTheFormatPass(t *testing.T) {
	address, read := receive(t, "udp", "127.0.0.1:0")
	p, err := Open(parse(t, "udp://"+address), words{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := batch("rebuilt")
	b.Format = "words"
	b.AddLine(b.CopyBytes([]byte("as it came")), 0)
	if err := errors.Join(p.Report(t.Context(), b), p.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got := read(1)[0]; got != "as it came\n" {
		t.Errorf("received %q", got)
	}
	if err := p.Ledger().Check(); err != nil {
		t.Error(err)
	}
}
