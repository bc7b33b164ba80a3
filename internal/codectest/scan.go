package codectest

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"monkit.example/reporters"
)

// CheckScan decodes p, which may be any bytes, into spans and into lines, if c is
// a reporters.Scanner. Both must accept the same lines with the same bytes, have the
// same hints about them, and reject and skip the same.
func CheckScan(t testing.TB, c reporters.Codec, p []byte) {
	t.Helper()
	scan, ok := c.(reporters.Scanner)
	if !ok {
		return
	}
	whole := p[:bytes.LastIndexByte(p, '\n')+1]
	before := bytes.Clone(whole)
	want := &reporters.Batch{At: time.Unix(second, 0)}
	c.Decode(want, whole)
	got := &reporters.Batch{At: want.At}
	reporters.NewSpanDecoder(c).Decode(got, whole)
	if g, w := spansText(got), linesText(want); g != w || got.Accepted() != len(want.Lines) {
		t.Fatalf("%q: spans have %d lines\n%swant %d\n%s", p, got.Accepted(), g, len(want.Lines), w)
	}
	if len(got.Lines)+len(got.Points) > 0 {
		t.Fatalf("%q: %d lines and %d points are left beside the spans", p, len(got.Lines), len(got.Points))
	}
	for _, s := range append(got.Spans, scan.Scan(whole)) {
		checkSpan(t, s)
	}
	if !bytes.Equal(whole, before) {
		t.Fatalf("%q was changed", before)
	}
}

// checkSpan checks the numbers of s.
func checkSpan(t testing.TB, s reporters.Span) {
	t.Helper()
	longest := 0
	for line := range bytes.Lines(s.Text) {
		longest = max(longest, len(line))
	}
	if n := bytes.Count(s.Text, []byte{'\n'}); n != s.Lines || s.Longest < longest || len(s.Text) != 0 && s.Text[len(s.Text)-1] != '\n' {
		t.Fatalf("a span of %d lines, the longest of %d bytes, says %d and %d: %q", n, longest, s.Lines, s.Longest, s.Text)
	}
}

// spansText returns the accepted lines of b, and what else it counts.
func spansText(b *reporters.Batch) string {
	var text strings.Builder
	for _, s := range b.Spans {
		text.Write(s.Text)
	}
	return text.String() + countsText(b)
}

func linesText(b *reporters.Batch) string {
	var text strings.Builder
	for _, l := range b.Lines {
		text.Write(l.Raw)
		text.WriteByte('\n')
	}
	return text.String() + countsText(b)
}

func countsText(b *reporters.Batch) string {
	hints := maps.Clone(b.Hints)
	maps.DeleteFunc(hints, func(h reporters.Hint, _ int64) bool { return h.OfPoints })
	text := fmt.Sprintf("%d skipped, rejected %v, %d bad readings, hints %v\n", b.Skipped, b.Rejected, b.BadReadings, hints)
	for _, l := range b.RejectedLines {
		text += fmt.Sprintf("%v %q\n", l.Reason, l.Text)
	}
	return text
}

// scans checks a scanner with good and bad lines, in every order of two, and with
// any line ends.
func (s *suite) scans(t *testing.T) {
	c := s.newCodec()
	scan, ok := c.(reporters.Scanner)
	if !ok {
		t.Skip("the codec is no reporters.Scanner")
	}
	all := append(append([]string{"", " \t", "# x", "\r"}, s.Good...), s.Bad...)
	for _, a := range all {
		for _, b := range all {
			for _, end := range []string{"\n", "\r\n", " \n\n"} {
				CheckScan(t, c, []byte(a+end+b+end))
			}
		}
	}
	for _, a := range s.Good { // every byte is replaced
		for i := range a {
			for _, c2 := range []byte("\x00\t\n\r \"#+,-.09:;=@TZ\\^_`aeit|~\x7f\x80\xff") {
				p := []byte(a + "\n" + s.Good[0] + "\n")
				p[i] = c2
				CheckScan(t, c, p)
			}
		}
	}
	usual := lines(s.Good[0], s.Good[0])
	if got := scan.Scan(usual); len(got.Text) != len(usual) {
		t.Errorf("of %q it accepts %d bytes: every line would be decoded", usual, len(got.Text))
	}
	if n := testing.AllocsPerRun(100, func() { scan.Scan(usual) }); n != 0 {
		t.Errorf("a scan makes %v allocations", n)
	}
}

// BenchmarkScan measures the Scanner of a codec, and its decoder beside it, with a
// line that the Scanner accepts.
func BenchmarkScan(b *testing.B, c reporters.Codec, line string) {
	const lines = 20
	p := bytes.Repeat([]byte(line+"\n"), lines)
	perLine := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*lines), "ns/line")
	}
	b.Run("scan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if s := c.(reporters.Scanner).Scan(p); s.Lines != lines {
				b.Fatalf("%d lines", s.Lines)
			}
		}
		perLine(b)
	})
	b.Run("decode", func(b *testing.B) {
		var batch reporters.Batch
		b.ReportAllocs()
		for b.Loop() {
			batch.Reset()
			c.Decode(&batch, p)
		}
		perLine(b)
	})
}
