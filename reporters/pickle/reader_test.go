package pickle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/ledger"
)

// readAll is io.ReadAll with a buffer that is smaller than most lines.
func readAll(r io.Reader) (string, error) {
	var all strings.Builder
	_, err := io.CopyBuffer(struct{ io.Writer }{&all}, struct{ io.Reader }{r}, make([]byte, 7))
	return all.String(), err
}

const (
	onePoint = "](U\x01aK\x01K\x02\x86\x86e."
	oneLine  = "a 2 1\n"
)

func TestFramesAreReadHoweverTheyArrive(t *testing.T) {
	stream := frameOf(onePoint) + frameOf("].") + frameOf("") + frameOf(onePoint) + frameOf("c") + frameOf(onePoint)
	const want = oneLine + "pickle of 0 bytes is refused: it has no end\n" + oneLine +
		"pickle of 1 bytes is refused: opcode 0x63 at byte 0: GLOBAL names an object, which is refused\n" + oneLine
	for name, r := range map[string]io.Reader{
		"at once":              strings.NewReader(stream),
		"byte by byte":         iotest.OneByteReader(strings.NewReader(stream)),
		"with the end of file": iotest.DataErrReader(strings.NewReader(stream)),
	} {
		if got, err := readAll(NewReader(r)); got != want || err != nil {
			t.Errorf("%s: read %q, %v, want %q", name, got, err, want)
		}
	}
}

// pausing returns a deadline's error before each byte.
type pausing struct {
	r      io.Reader
	paused bool
}

func (p *pausing) Read(b []byte) (int, error) {
	if p.paused = !p.paused; p.paused {
		return 0, os.ErrDeadlineExceeded
	}
	return p.r.Read(b[:1])
}

func TestReadGoesOnAfterADeadline(t *testing.T) {
	r := NewReader(&pausing{r: strings.NewReader(frameOf(onePoint) + frameOf(onePoint))})
	var all []byte
	buf := make([]byte, 3)
	for {
		n, err := r.Read(buf)
		all = append(all, buf[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
	}
	if string(all) != oneLine+oneLine {
		t.Errorf("read %q", all)
	}
}

func TestFrameThatIsCutIsAnUnfinishedLine(t *testing.T) {
	whole := frameOf(onePoint)
	for n := 1; n < len(whole); n++ {
		got, err := readAll(NewReader(strings.NewReader(whole + whole[:n])))
		if rest, ok := strings.CutPrefix(got, oneLine); !ok || rest == "" || strings.Contains(rest, "\n") || err != nil {
			t.Errorf("%d bytes of a frame: read %q, %v", n, got, err)
		}
	}
}

func TestFrameThatIsTooLargeEndsTheStream(t *testing.T) {
	got, err := readAll(NewReader(strings.NewReader("servers.web1 1 1700000000\n" + frameOf(onePoint))))
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, "text belongs to a listener of graphite") || err == nil {
		t.Errorf("read %q, %v", got, err)
	}
	size := binary.BigEndian.AppendUint32(nil, maxReceived)
	if got, err := readAll(NewReader(bytes.NewReader(size))); strings.Contains(got, "refused") || err != nil {
		t.Errorf("a frame of the limit: read %q, %v", got, err)
	}
}

// A length costs its peer four bytes, and must not cost more here.
func TestMemoryFollowsWhatHasArrived(t *testing.T) {
	r := NewReader(strings.NewReader(string(binary.BigEndian.AppendUint32(nil, maxReceived)) + "abc")).(*reader)
	if _, err := readAll(r); err != nil {
		t.Error(err)
	}
	if cap(r.frame) > 8<<10 {
		t.Errorf("%d bytes of memory for a frame of which 3 have arrived", cap(r.frame))
	}
}

// memory is what a listener has for frames.
type memory struct{ used, most, refused int }

func (m *memory) grow(by int) bool {
	if by > 0 && m.used+by > m.most {
		m.refused++
		return false
	}
	m.used += by
	return true
}

// Carbon reads a frame of up to a megabyte into memory for each connection. Here all
// of them share what the listener allows, and a frame beyond that is skipped.
func TestFramesThatAreBeingReadShareAMemory(t *testing.T) {
	long := "](X" + string(binary.LittleEndian.AppendUint32(nil, 100<<10)) + strings.Repeat("p", 100<<10) + "K\x01K\x02\x86\x86e."
	for _, tt := range []struct {
		name          string
		most, refused int
		want          string
	}{
		{"enough", 1 << 20, 0, oneLine + strings.Repeat("p", 100<<10) + " 2 1\n" + oneLine},
		{"too little", 64 << 10, 1, oneLine + oneLine},
		{"none", 0, 3, ""},
	} {
		stream := frameOf(onePoint) + frameOf(long) + frameOf(onePoint)
		for how, from := range map[string]io.Reader{
			"at once": strings.NewReader(stream), "byte by byte": iotest.OneByteReader(strings.NewReader(stream)),
			"with pauses": iotest.TimeoutReader(strings.NewReader(stream)),
		} {
			m := &memory{most: tt.most}
			r := NewReaders().NewReader(from, m.grow)
			got, err := readAll(r)
			if errors.Is(err, iotest.ErrTimeout) {
				rest, restErr := readAll(r)
				got, err = got+rest, restErr
			}
			if got != tt.want || err != nil || m.refused != tt.refused {
				t.Errorf("%s, %s: read %d bytes, %v, %d refused", tt.name, how, len(got), err, m.refused)
			}
			if lines := cap(r.(*reader).lines); m.used > firstFrame || lines > firstFrame {
				t.Errorf("%s, %s: %d bytes of frames and %d of lines are kept", tt.name, how, m.used, lines)
			}
			if err := r.Close(); err != nil || m.used != 0 {
				t.Errorf("%s, %s: %d bytes are left, %v", tt.name, how, m.used, err)
			}
		}
	}
}

func TestEndWithinASkippedFrameIsNoSecondLine(t *testing.T) {
	whole := frameOf(strings.Repeat("x", 1000))
	m := &memory{}
	got, err := readAll(NewReaders().NewReader(strings.NewReader(whole[:500]), m.grow))
	if got != "" || err != nil || m.refused != 1 {
		t.Errorf("read %q, %v, %d refused", got, err, m.refused)
	}
}

// The machine of a frame can need far more memory than the frame, until all of its lines
// were taken.
func TestReadersShareMachines(t *testing.T) {
	path := strings.Repeat("p", 2*chunk)
	pickle := "X" + string(binary.LittleEndian.AppendUint32(nil, 2*chunk)) + path + "K\x01K\x02\x86\x86q\x000](h\x00h\x00h\x00e."
	synctest.Test(t, func(t *testing.T) {
		all := NewReaders()
		var slow []io.ReadCloser
		for range numMachines {
			r := all.NewReader(strings.NewReader(frameOf(pickle)), nil)
			if _, err := r.Read(make([]byte, 10)); err != nil {
				t.Fatal(err)
			}
			slow = append(slow, r)
		}
		got := make(chan string, 1)
		go func() {
			lines, _ := readAll(all.NewReader(strings.NewReader(frameOf(onePoint)), nil))
			got <- lines
		}()
		if synctest.Wait(); len(got) > 0 {
			t.Errorf("read %q beside %d frames", <-got, numMachines)
		}
		slow[0].Close()
		if lines := <-got; lines != oneLine {
			t.Errorf("read %q", lines)
		}
		if lines, _ := readAll(slow[1]); strings.Count(lines, "\n") != 3 {
			t.Errorf("read %d bytes of the second one", len(lines))
		}
		for _, r := range slow[1:] {
			r.Close()
		}
		if len(all.machines) != numMachines {
			t.Errorf("%d machines are left", len(all.machines))
		}
	})
}

// By the memo, a pickle names a long path at the cost of two bytes a point.
func TestLinesOfAFrameAreBounded(t *testing.T) {
	path := strings.Repeat("p", 60<<10)
	size := string(binary.LittleEndian.AppendUint32(nil, uint32(len(path))))
	const times = 5000
	pickle := "X" + size + path + "K\x01K\x02\x86\x86q\x000](" + strings.Repeat("h\x00", times) + "e."
	r := NewReader(strings.NewReader(frameOf(pickle))).(*reader)
	lines, whole := 0, 0
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		lines += bytes.Count(buf[:n], []byte{'\n'})
		whole += n
		if err != nil {
			break
		}
	}
	if lines != times || whole > maxLines+(1<<20) {
		t.Errorf("%d lines of %d bytes, want %d of at most %d", lines, whole, times, maxLines)
	}
	if cap(r.frame) > firstFrame || len(r.machines) != numMachines || cap(r.lines) > 1<<20 {
		t.Errorf("%d bytes of the frame and %d of lines are kept", cap(r.frame), cap(r.lines))
	}
}

// decode returns what the decoder of Graphite makes of the lines of stream, and
// checks that it accounts for each.
func decode(t testing.TB, stream string) *reporters.Batch {
	t.Helper()
	lines, _ := readAll(NewReader(strings.NewReader(stream)))
	whole := lines[:strings.LastIndexByte(lines, '\n')+1]
	b := &reporters.Batch{At: time.Unix(9, 0)}
	if n := graphite.NewCodec(graphite.Options{}).Decode(b, []byte(whole)); n != len(whole) {
		t.Errorf("decoded %d of %d bytes", n, len(whole))
	}
	l := ledger.Listener{Received: int64(strings.Count(whole, "\n")), Accepted: int64(len(b.Lines)), Rejected: b.Rejected}
	if err := l.Check(); err != nil || b.Skipped != 0 {
		t.Errorf("%v, skipped %d, of %q", err, b.Skipped, whole)
	}
	return b
}

func TestWhatIsNoPointIsRejectedByTheDecoder(t *testing.T) {
	nan := "](U\x01aK\x01Fnan\n\x86\x86U\x01bK\x01F1e999\n\x86\x86K\x01U\x01cK\x01K\x02\x86\x86U\x01dI-7\nK\x02\x86\x86U\x01eJ\xff\xff\xff\xffK\x02\x86\x86e."
	b := decode(t, frameOf(nan)+frameOf("cos\nsystem\n.")+frameOf(onePoint))
	if got := b.Rejected.String(); got != "malformed=3,not_finite=2" {
		t.Errorf("rejected %s", got)
	}
	if len(b.Points) != 3 || b.Points[1].Time != 9e9 {
		t.Errorf("points %v", b.Points)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(frameOf(onePoint) + frameOf("cos\nsystem\n."))
	for protocol := range 6 {
		p, err := os.ReadFile("testdata/protocol" + string(rune('0'+protocol)) + ".pickle")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frameOf(string(p)))
	}
	for _, p := range []string{"(lp0\n(S'a\\x41'\np1\n(I1700000000\nF0.5\ntp2\ntp3\na.", "](V\\u20ac\n(L1L\n\x8a\x02\x01\x80tta.", "]q\x00h\x00a.", "((1200."} {
		f.Add(frameOf(p))
	}
	f.Fuzz(func(t *testing.T, stream string) {
		decode(t, stream)
		// The same bytes in another order of arrival are the same lines.
		at, err := readAll(NewReader(strings.NewReader(stream)))
		slow, slowErr := readAll(NewReader(iotest.OneByteReader(strings.NewReader(stream))))
		if at != slow || (err == nil) != (slowErr == nil) {
			t.Errorf("at once %q, %v; byte by byte %q, %v", at, err, slow, slowErr)
		}
	})
}
