package codectest

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// runs calls visit with each run: adjacent points of one series and time.
func runs(points []reporters.Point, visit func(run []reporters.Point)) {
	for len(points) > 0 {
		n := 1
		for n < len(points) && points[n].Key == points[0].Key && points[n].Time == points[0].Time {
			n++
		}
		visit(points[:n])
		points = points[n:]
	}
}

// encode encodes points. It fails the test if one is skipped.
func encode(t testing.TB, c reporters.Codec, points []reporters.Point) []byte {
	t.Helper()
	var text []byte
	runs(points, func(run []reporters.Point) {
		var skipped int
		if text, skipped = c.AppendRun(text, run); skipped != 0 {
			t.Errorf("%d points of %v are skipped", skipped, run[0].Key)
		}
	})
	return text
}

func (s *suite) roundTrip(t *testing.T) {
	for _, negative := range []bool{false, true} {
		for _, p := range samples() {
			if negative {
				p.Value = -p.Value
			}
			c := s.newCodec()
			b := decodeAll(t, c, encode(t, c, []reporters.Point{p}))
			if n := b.Rejected.Sum(); n != 0 {
				t.Fatalf("%v: %d lines are rejected: %v", p, n, b.RejectedLines)
			}
			s.back(t, p, b.Points)
		}
	}
}

func (s *suite) back(t testing.TB, p reporters.Point, got []reporters.Point) {
	t.Helper()
	if s.Back != nil {
		s.Back(t, p, got)
		return
	}
	if len(got) != 1 || got[0].Value != p.Value || got[0].Time != p.Time {
		t.Errorf("%+v decodes to %+v", p, got)
	}
}

func (s *suite) lineCount(t *testing.T) {
	want := len(samples())
	if s.WholeRuns {
		want = 0
		runs(samples(), func([]reporters.Point) { want++ })
	}
	if got := bytes.Count(encode(t, s.newCodec(), samples()), []byte{'\n'}); got != want {
		t.Errorf("%d lines, want %d", got, want)
	}
}

// stable checks that points encode to the same text in every call, with and
// without IDs, and after they were decoded from that text.
func (s *suite) stable(t *testing.T) {
	c := s.newCodec()
	first := encode(t, c, samples())
	if again := encode(t, c, samples()); !bytes.Equal(again, first) {
		t.Errorf("the second call encodes to\n%s, the first to\n%s", again, first)
	}
	if plain := encode(t, c, samplesWithoutIDs()); !bytes.Equal(plain, first) {
		t.Errorf("points without IDs encode to\n%s, with IDs to\n%s", plain, first)
	}
	b := decodeAll(t, c, first)
	if back := encode(t, s.newCodec(), b.Points); !bytes.Equal(back, first) {
		t.Errorf("decoded points encode to\n%s, want\n%s", back, first)
	}
}

func (s *suite) allocates(t *testing.T) {
	c, points := s.newCodec(), samples()
	dst := make([]byte, 0, 1<<16)
	n := testing.AllocsPerRun(100, func() {
		runs(points, func(run []reporters.Point) { dst, _ = c.AppendRun(dst[:0], run) })
	})
	if n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// encoderKeepsNothing overwrites the text that AppendRun returned. What the encoder
// cached must not change.
func (s *suite) encoderKeepsNothing(t *testing.T) {
	want := encode(t, s.newCodec(), samples())
	c := s.newCodec()
	for range 2 {
		var got []byte
		runs(samples(), func(run []reporters.Point) {
			line, _ := c.AppendRun(nil, run)
			got = append(got, line...)
			for i := range line {
				line[i] = '!'
			}
		})
		if !bytes.Equal(got, want) {
			t.Errorf("got\n%s, want\n%s", got, want)
		}
	}
}

func (s *suite) skips(t *testing.T) {
	member := []reporters.Point{{Key: monkit.NewSeriesKey("m"), Field: "text", Time: second * 1e9, Kind: reporters.SetMember}}
	if text, skipped := s.newCodec().AppendRun([]byte("before"), member); string(text) != "before" || skipped != 1 {
		t.Errorf("the member of a set becomes %q, %d skipped; want no text, 1", text, skipped)
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, kind := range []reporters.Kind{reporters.Gauge, reporters.Counter, reporters.CounterDelta, reporters.Sample} {
		var run []reporters.Point
		for i, v := range []float64{nan, 1, inf, 2, -inf, math.Copysign(0, -1)} {
			run = append(run, reporters.Point{
				Key: monkit.NewSeriesKey("m"), Field: string(rune('a' + i)), Value: v, Time: second * 1e9, ID: uint32(i + 1), Series: 9, Kind: kind,
			})
		}
		text, skipped := s.newCodec().AppendRun(nil, run)
		if lower := strings.ToLower(string(text)); skipped != 3 || strings.Contains(lower, "nan") || strings.Contains(lower, "inf") || strings.Contains(lower, "-0") {
			t.Errorf("%v: %d points are skipped and the text is %q, want 3, and only finite numbers", kind, skipped, text)
		}
		text, skipped = s.newCodec().AppendRun([]byte("before"), run[:1])
		if string(text) != "before" || skipped != 1 {
			t.Errorf("%v: a run of NaN becomes %q, %d skipped; want no text, 1", kind, text, skipped)
		}
	}
}
