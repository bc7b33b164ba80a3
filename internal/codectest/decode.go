package codectest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"monkit.example/reporters"
)

// decodeAll decodes text, which is whole lines.
func decodeAll(t testing.TB, c reporters.Decoder, text []byte) *reporters.Batch {
	t.Helper()
	b := &reporters.Batch{At: time.Unix(second, 0)}
	if n := c.Decode(b, text); n != len(text) {
		t.Errorf("decoded %d of %d bytes", n, len(text))
	}
	return b
}

// summary returns the content of b as text, to compare batches.
func summary(b *reporters.Batch) string {
	var s strings.Builder
	for _, l := range b.Lines {
		fmt.Fprintf(&s, "%q\n%s", l.Raw, pointsText(b.Points[l.First:l.First+l.N]))
	}
	fmt.Fprintf(&s, "rejected %v\n", b.Rejected)
	return s.String()
}

// pointsText returns what a line holds of its points: their series and fields,
// values, times and kinds.
func pointsText(points []reporters.Point) string {
	var s strings.Builder
	for _, p := range points {
		fmt.Fprintf(&s, "  %v %q %v %v %v\n", p.Key, p.Field, p.Value, p.Time, p.Kind)
	}
	return s.String()
}

func lines(l ...string) []byte { return []byte(strings.Join(l, "\n") + "\n") }

func (s *suite) acceptsGood(t *testing.T) {
	for _, line := range s.Good {
		if err := s.checkGood(t, line); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
	for _, line := range s.unusedPoints() {
		t.Errorf("%q: has points in Options.Points, but is not in Options.Good", line)
	}
}

// unusedPoints returns the lines of Points that are not in Good, for example
// because they are misspelled.
func (s *suite) unusedPoints() (unused []string) {
	for line := range s.Points {
		if !slices.Contains(s.Good, line) {
			unused = append(unused, line)
		}
	}
	return unused
}

// checkGood returns what is wrong with the batch that a line of Good decodes to.
func (s *suite) checkGood(t testing.TB, line string) error {
	t.Helper()
	c := s.newCodec()
	b := decodeAll(t, c, lines(line))
	if len(b.Lines) != 1 || b.Rejected.Sum() != 0 || b.Format != c.Name() {
		return fmt.Errorf("%d lines of %q are accepted, rejected are %v", len(b.Lines), b.Format, b.RejectedLines)
	}
	want, ok := s.Points[line]
	if got, want := pointsText(b.Points), pointsText(want); ok && got != want {
		return fmt.Errorf("decodes to\n%swant\n%s", got, want)
	}
	return nil
}

func (s *suite) rejectsBad(t *testing.T) {
	for _, line := range s.Bad {
		b := decodeAll(t, s.newCodec(), lines(line))
		if len(b.Lines) != 0 || len(b.Points) != 0 || b.Rejected.Sum() != 1 {
			t.Errorf("%q: %d lines, %d points, %d rejected; want 0, 0, 1", line, len(b.Lines), len(b.Points), b.Rejected.Sum())
			continue
		}
		if bad := b.RejectedLines[0]; bad.Err == nil || bad.Reason == "" || !strings.HasPrefix(line, bad.Text) {
			t.Errorf("%q: is recorded as %+v", line, bad)
		}
	}
}

// neighbours inserts each bad line at every position between the good ones.
func (s *suite) neighbours(t *testing.T) {
	c := s.newCodec()
	want := summary(decodeAll(t, c, lines(s.Good...)))
	for _, bad := range s.Bad {
		for at := range len(s.Good) + 1 {
			mixed := append(append(append([]string{}, s.Good[:at]...), bad), s.Good[at:]...)
			b := decodeAll(t, c, lines(mixed...))
			if b.Rejected.Sum() != 1 {
				t.Fatalf("%q at %d: %d lines are rejected, want 1", bad, at, b.Rejected.Sum())
			}
			clear(b.Rejected)
			b.Rejected = nil
			if got := summary(b); got != want {
				t.Fatalf("%q at %d: got\n%s, want\n%s", bad, at, got, want)
			}
		}
	}
}

// noise is like neighbours, with lines that a format may accept or reject.
func (s *suite) noise(t *testing.T) {
	c := s.newCodec()
	for _, noise := range []string{
		"\x00", "a\x00b 1 1", "\xff\xfe", "caf\xe9 1 1700000000", "\"", "\\", "a=\"", "a b=\"", "a,b=\\", "|", ":", "::|", "a:|c|@", ";;;", "\r", "\r\r", " ", "\t \t",
		"#", "# comment", "=", ",", ".", "..", "-", "\x7f", "\u2028", strings.Repeat("x", 70_000), strings.Repeat(" ", 5000), strings.Repeat("a,b=c", 2000),
		strings.Repeat("1:", 3000) + "|", "a " + strings.Repeat("9", 400) + " 1700000000", "a f=\"" + strings.Repeat("\\", 4001),
	} {
		text := lines(s.Good[0], noise, s.Good[len(s.Good)-1])
		b := decodeAll(t, c, text)
		if len(b.Lines) < 2 || int64(len(b.Lines))+b.Rejected.Sum()+b.Skipped != 3 {
			t.Errorf("%.50q: %d lines, %d rejected, %d skipped; want 3 in all, 2 of them accepted", noise, len(b.Lines), b.Rejected.Sum(), b.Skipped)
			continue
		}
		if first, last := b.Lines[0], b.Lines[len(b.Lines)-1]; string(first.Raw) != s.Good[0] || string(last.Raw) != s.Good[len(s.Good)-1] {
			t.Errorf("%.50q: the adjacent lines became %q and %q", noise, first.Raw, last.Raw)
		}
	}
}

// blanks checks a rule by which listeners count, too.
func (s *suite) blanks(t *testing.T) {
	for _, blank := range []string{"", " ", "\t \t", "\r", " \t\r", strings.Repeat(" ", 5000)} {
		if b := decodeAll(t, s.newCodec(), lines(blank)); b.Skipped != 1 || len(b.Lines) != 0 || b.Rejected.Sum() != 0 {
			t.Errorf("%.50q: %d skipped, %d lines, %d rejected; want 1, 0, 0", blank, b.Skipped, len(b.Lines), b.Rejected.Sum())
		}
	}
}

func (s *suite) partial(t *testing.T) {
	c := s.newCodec()
	for _, p := range []string{"", s.Good[0], s.Good[0][:1], "\r"} {
		b := &reporters.Batch{At: time.Unix(second, 0)}
		if n := c.Decode(b, []byte(p)); n != 0 || len(b.Lines) != 0 || b.Rejected.Sum() != 0 {
			t.Errorf("of %q alone it consumes %d bytes, accepts %d lines and rejects %d", p, n, len(b.Lines), b.Rejected.Sum())
		}
		whole := lines(s.Good...)
		if n := c.Decode(b, append(whole, p...)); n != len(whole) || len(b.Lines) != len(s.Good) {
			t.Errorf("before %q it consumes %d bytes of %d, %d lines", p, n, len(whole), len(b.Lines))
		}
	}
}

// cuts decodes the same text in two pieces, cut at every byte.
func (s *suite) cuts(t *testing.T) {
	c := s.newCodec()
	var all []string
	for i, good := range s.Good {
		all = append(all, good)
		if i < len(s.Bad) {
			all = append(all, s.Bad[i])
		}
	}
	text := lines(all...)
	want := summary(decodeAll(t, c, text))
	for at := range text {
		b := &reporters.Batch{At: time.Unix(second, 0)}
		n := c.Decode(b, text[:at])
		if n > at || n > 0 && text[n-1] != '\n' || bytes.IndexByte(text[n:at], '\n') >= 0 {
			t.Fatalf("of %d bytes it consumes %d", at, n)
		}
		if m := c.Decode(b, text[n:]); n+m != len(text) {
			t.Fatalf("cut at %d: it consumes %d and %d bytes of %d", at, n, m, len(text))
		}
		if got := summary(b); got != want {
			t.Fatalf("cut at %d: got\n%s, want\n%s", at, got, want)
		}
	}
}

func (s *suite) lineEnds(t *testing.T) {
	c := s.newCodec()
	want := summary(decodeAll(t, c, lines(s.Good...)))
	for name, text := range map[string]string{
		"CRLF":        strings.Join(s.Good, "\r\n") + "\r\n",
		"empty lines": "\n\n" + strings.Join(s.Good, "\n\n\n") + "\n\r\n\n",
		"blank lines": " \n" + strings.Join(s.Good, "\n\t\n") + "\n \t \n",
	} {
		if got := summary(decodeAll(t, c, []byte(text))); got != want {
			t.Errorf("%s: got\n%s, want\n%s", name, got, want)
		}
	}
}

// decoderKeepsNothing overwrites the text that was decoded, and reuses the batch.
// Neither may change a decoded batch.
func (s *suite) decoderKeepsNothing(t *testing.T) {
	c := s.newCodec()
	text := lines(s.Good...)
	want := summary(decodeAll(t, c, text))
	b := &reporters.Batch{At: time.Unix(second, 0)}
	for range 3 {
		p := bytes.Clone(text)
		c.Decode(b, p)
		for i := range p {
			p[i] = '!'
		}
		if got := summary(b); got != want {
			t.Fatalf("got\n%s, want\n%s", got, want)
		}
		b.Reset()
		b.At = time.Unix(second, 0)
	}
}

func (s *suite) raw(t *testing.T) {
	for _, line := range s.Good {
		b := decodeAll(t, s.newCodec(), lines(line))
		if len(b.Lines) == 1 && string(b.Lines[0].Raw) != line {
			t.Errorf("%q is kept as %q", line, b.Lines[0].Raw)
		}
	}
}

func (s *suite) concurrent(t *testing.T) {
	c := s.newCodec()
	text := lines(append(append([]string{}, s.Good...), s.Bad...)...)
	want := summary(decodeAll(t, c, text))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				b := &reporters.Batch{At: time.Unix(second, 0)}
				c.Decode(b, text)
				if got := summary(b); got != want {
					t.Errorf("got\n%s, want\n%s", got, want)
					return
				}
			}
		})
	}
	wg.Wait()
}
