package pickle

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/ledger"
)

// wire is a send.Stream in memory. The test says how much the peer has
// acknowledged, and where a write fails.
type wire struct {
	got     strings.Builder
	acked   int
	failsAt int // a write that passes this length fails there; 0 never
}

func (w *wire) Write(_ context.Context, p []byte) (int, error) {
	if w.failsAt > 0 && w.got.Len()+len(p) > w.failsAt {
		p = p[:w.failsAt-w.got.Len()]
		w.got.Write(p)
		return len(p), errors.New("broken pipe")
	}
	w.got.Write(p)
	return len(p), nil
}

func (w *wire) Unacked() (int, error) { return w.got.Len() - w.acked, nil }
func (w *wire) Reset() int            { return w.got.Len() - w.acked }
func (w *wire) Finish() error         { return nil }
func (w *wire) Close() error          { return nil }

// numbered returns n lines.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "metric_%06d %d 1700000000\n", i, i)
	}
	return b.String()
}

func write(t *testing.T, f *framed, lines string) {
	t.Helper()
	if n, err := f.Write(t.Context(), []byte(lines)); n != len(lines) || err != nil {
		t.Fatalf("wrote %d of %d bytes, %v", n, len(lines), err)
	}
}

// sizes returns the sizes of the frames of a stream.
func sizes(stream string) (all []int) {
	for len(stream) > 0 {
		n := 4 + int(binary.BigEndian.Uint32([]byte(stream)))
		all, stream = append(all, n), stream[n:]
	}
	return all
}

func TestLinesAreWrittenAsFrames(t *testing.T) {
	w := &wire{}
	lines := numbered(1201)
	write(t, newFramed(w), lines)
	if got := sizes(w.got.String()); len(got) != 3 {
		t.Errorf("%d frames, want 3 of at most %d points", len(got), maxPoints)
	}
	if got, err := readAll(NewReader(strings.NewReader(w.got.String()))); got != lines || err != nil {
		t.Errorf("read back %d bytes, %v, want %d", len(got), err, len(lines))
	}
}

func TestFramesAreBoundedInBytes(t *testing.T) {
	var lines strings.Builder
	for i := range 400 {
		fmt.Fprintf(&lines, "%s%d 1 2\n", strings.Repeat("p", 4000), i)
	}
	w := &wire{}
	write(t, newFramed(w), lines.String())
	for _, n := range sizes(w.got.String()) {
		if n > maxFrame {
			t.Errorf("a frame of %d bytes, want at most %d", n, maxFrame)
		}
	}
	if got, err := readAll(NewReader(strings.NewReader(w.got.String()))); got != lines.String() || err != nil {
		t.Errorf("read back %d bytes, %v, want %d", len(got), err, lines.Len())
	}
}

func TestOpcodesAreThoseOfProtocol2(t *testing.T) {
	w := &wire{}
	write(t, newFramed(w), "a.b\t-0.5  1700000000 \nc 1 1700000000.5\n")
	const want = "\x80\x02](X\x03\x00\x00\x00a.bJ\x00\xf1\x53eG\xbf\xe0\x00\x00\x00\x00\x00\x00\x86\x86" +
		"X\x01\x00\x00\x00cGA\xd9T\xfc@ \x00\x00G\x3f\xf0\x00\x00\x00\x00\x00\x00\x86\x86e."
	if got := w.got.String(); got != frameOf(want) {
		t.Errorf("wrote %q, want %q", got, frameOf(want))
	}
}

// The sender takes the lines before what is unacknowledged for delivered.
func TestLinesAreAcknowledgedByWholeFrames(t *testing.T) {
	w := &wire{}
	f := newFramed(w)
	lines := numbered(1100)
	write(t, f, lines)
	frames := sizes(w.got.String())
	parts := []int{len(numbered(500)), len(numbered(1000)) - len(numbered(500)), len(lines) - len(numbered(1000))}
	for _, tt := range []struct{ acked, want int }{
		{0, len(lines)},
		{frames[0] - 1, len(lines)},
		{frames[0], parts[1] + parts[2]},
		{frames[0] + frames[1] - 1, parts[1] + parts[2]},
		{frames[0] + frames[1], parts[2]},
		{frames[0] + frames[1] + frames[2] - 1, parts[2]},
		{frames[0] + frames[1] + frames[2], 0},
	} {
		w.acked = tt.acked
		if got, err := f.Unacked(); got != tt.want || err != nil {
			t.Errorf("%d bytes acknowledged: %d bytes of lines are not, %v, want %d", tt.acked, got, err, tt.want)
		}
	}
	if f.Reset() != 0 || len(f.pieces) != 0 {
		t.Error("Reset left a window")
	}
}

func TestFrameThatWasWrittenInPartIsNotAcknowledged(t *testing.T) {
	whole := &wire{}
	write(t, newFramed(whole), numbered(600))
	first := sizes(whole.got.String())[0]
	for _, failsAt := range []int{1, first - 1, first, first + 1, whole.got.Len() - 1} {
		w := &wire{failsAt: failsAt}
		f := newFramed(w)
		n, err := f.Write(t.Context(), []byte(numbered(600)))
		if err == nil {
			t.Fatalf("%d: no error", failsAt)
		}
		w.acked = failsAt // all that was written
		acked := n - f.Reset()
		if want := len(numbered(500)); failsAt < first && acked != 0 || failsAt >= first && acked != want {
			t.Errorf("after %d of %d bytes of frames, %d bytes of lines are acknowledged", failsAt, first, acked)
		}
	}
}

func TestLineThatIsNoneIsLeftOutAndLogged(t *testing.T) {
	var log strings.Builder
	w := &wire{}
	f := newFramed(w)
	f.SetLogger(slog.New(slog.NewTextHandler(&log, nil)))
	write(t, f, "a 1 2\nno line\nb 1 x\nb x 1\nb 1 2 3\n"+strings.Repeat("p", maxPath+1)+" 1 2\nc 1 2\n")
	write(t, f, "no line either\n")
	if got, _ := readAll(NewReader(strings.NewReader(w.got.String()))); got != "a 1 2\nc 1 2\n" {
		t.Errorf("wrote %q", got)
	}
	if n := strings.Count(log.String(), "is left out"); n != 1 {
		t.Errorf("logged %d times: %s", n, &log)
	}
	w.acked = w.got.Len()
	if n, err := f.Unacked(); n != 0 || err != nil {
		t.Errorf("%d bytes are not acknowledged, %v", n, err)
	}
}

// carbon accepts a connection and returns its address and what came in.
func carbon(t *testing.T) (addr string, received func() string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan string, 1)
	go func() {
		defer l.Close()
		conn, err := l.Accept()
		if err != nil {
			done <- err.Error()
			return
		}
		defer conn.Close()
		p, _ := io.ReadAll(conn)
		done <- string(p)
	}()
	return l.Addr().String(), func() string {
		select {
		case got := <-done:
			return got
		case <-time.After(20 * time.Second):
			t.Fatal("the connection is not closed")
			return ""
		}
	}
}

func points(n int) *reporters.Batch {
	b := &reporters.Batch{}
	for i := range n {
		b.Points = append(b.Points, reporters.Point{
			Key: monkit.NewSeriesKey("m").WithTag("i", fmt.Sprint(i)), Field: "total", Value: float64(i) + 0.5, Time: 1_700_000_000e9,
		})
	}
	return b
}

// deliver pushes b to addr and checks that the ledger has delivered n points.
func deliver(t *testing.T, p *reporters.Pusher, b *reporters.Batch, n int64) {
	t.Helper()
	if err := p.Report(t.Context(), b); err != nil {
		t.Error(err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if l := p.Ledger(); l.Check() != nil || l.Delivered != n {
		t.Errorf("ledger %v", l)
	}
}

func TestPointsArePushedAsFrames(t *testing.T) {
	addr, received := carbon(t)
	p := NewWith(addr, graphite.Options{Prefix: "prod", Tagged: true})
	if want := "pickle+tcp://" + addr; p.Name() != want {
		t.Errorf("the name is %q, want %q", p.Name(), want)
	}
	deliver(t, p, points(1200), 1200)
	got, err := readAll(NewReader(strings.NewReader(received())))
	if err != nil || strings.Count(got, "\n") != 1200 || !strings.HasPrefix(got, "prod.m.total;i=0 0.5 1700000000\nprod.m.total;i=1 1.5 1700000000\n") {
		t.Errorf("received %.200q, %v", got, err)
	}
}

func TestAddressMayAskForTags(t *testing.T) {
	addr, received := carbon(t)
	p, err := Open(addr+"?tagged=true", graphite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	deliver(t, p, points(1), 1)
	got, err := readAll(NewReader(strings.NewReader(received())))
	if want := "m.total;i=0 0.5 1700000000\n"; err != nil || got != want {
		t.Errorf("received %q, %v, want %q", got, err, want)
	}
	if _, err := Open(addr+"?tagged=1", graphite.Options{}); err == nil || !strings.Contains(err.Error(), "write tagged=true or tagged=false") {
		t.Errorf("the error of tagged=1 is %v", err)
	}
}

func TestReceivedLinesAreFramed(t *testing.T) {
	addr, received := carbon(t)
	b := &reporters.Batch{At: time.Unix(1_700_000_000, 0)}
	graphite.NewCodec(graphite.Options{}).Decode(b, []byte("a.b\t 7 1700000001.5 \nc;d=e 8\n"))
	deliver(t, New(addr), b, 2)
	if got, err := readAll(NewReader(strings.NewReader(received()))); got != "a.b 7 1700000001.5\nc;d=e 8 1700000000\n" || err != nil {
		t.Errorf("received %q, %v", got, err)
	}
}

func TestErrorsOfOpenSayWhatIsWrong(t *testing.T) {
	for addr, want := range map[string]string{
		"":                 "empty",
		"udp://h:2004":     `transport "udp" is not possible here; write tcp, tls or unix`,
		"graphite+tcp://h": "write pickle",
		"tls://h?ca=/":     "ca: / is a folder",
	} {
		if _, err := Open(addr, graphite.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%q) = %v, want %q", addr, err, want)
		}
	}
	p := New("udp://h:1")
	if err := p.Report(t.Context(), points(2)); err == nil {
		t.Error("Report() to a wrong address returns nil")
	}
	if l := p.Ledger(); l.Check() != nil || l.Dropped[ledger.SendFailed] != 2 {
		t.Errorf("ledger %v", l)
	}
}

// python runs a script with stdin, or skips the test if there is no Python.
func python(t *testing.T, script, stdin string) string {
	t.Helper()
	for _, name := range []string{"/usr/bin/python3", "python3"} { // the first has Debian's packages
		if _, err := exec.LookPath(name); err != nil {
			continue
		}
		cmd := exec.Command(name, "-c", script)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	t.Skip("the machine has no python3")
	return ""
}

func TestPythonReadsOurFrames(t *testing.T) {
	w := &wire{}
	write(t, newFramed(w), "größe;host=web1 -1e-7 1700000000.5\nb 12 4000000000\n")
	got := python(t, `
import pickle, struct, sys
data = sys.stdin.buffer.read()
size, = struct.unpack('!I', data[:4])
assert size == len(data) - 4, size
try:
    from carbon.util import get_unpickler
    points = get_unpickler(insecure=False).loads(data[4:])
except ImportError:
    points = pickle.loads(data[4:])
print(ascii(points))
`, w.got.String())
	const want = `[('gr\xf6\xdfe;host=web1', (1700000000.5, -1e-07)), ('b', (4000000000.0, 12.0))]` + "\n"
	if got != want {
		t.Errorf("Python reads %s, want %s", got, want)
	}
}

func TestPythonsClientIsRead(t *testing.T) {
	stream := python(t, `
import pickle, struct, sys
for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    data = pickle.dumps([('a.b', (1700000000, 0.5)), (u'gr\xf6\xdfe', [1700000001, 2**60])], protocol=protocol)
    sys.stdout.buffer.write(struct.pack('!I', len(data)) + data)
`, "")
	got, err := readAll(NewReader(strings.NewReader(stream)))
	const one = "a.b 0.5 1700000000\ngröße 1.152921504606847e+18 1700000001\n"
	if err != nil || got == "" || strings.ReplaceAll(got, one, "") != "" {
		t.Errorf("read %q, %v", got, err)
	}
}
