package listen

import (
	"bytes"
	"strings"
	"testing"
)

// split feeds pieces to a splitter whose lines have ten bytes at most.
func split(pieces ...[]byte) (got []byte, tooLong, unfinished int64) {
	s := splitter{max: 10}
	for _, p := range pieces {
		for len(p) > 0 {
			space, _ := s.space()
			n := copy(space, p)
			lines, long := s.add(n)
			got, tooLong, p = append(got, lines...), tooLong+long, p[n:]
		}
	}
	return got, tooLong, countLines(s.rest())
}

func TestSplitterReturnsWholeLines(t *testing.T) {
	for _, tt := range []struct {
		name, in, want      string
		tooLong, unfinished int64
	}{
		{"NULs are no part of a long line", "\x00\x0001234567\n\x00", "01234567\n", 0, 0},
		{"lines", "a 1\nb 2\n", "a 1\nb 2\n", 0, 0},
		{"unfinished line is not returned", "a 1\nb 2", "a 1\n", 0, 1},
		{"blank unfinished line is not counted", "a 1\n \r", "a 1\n", 0, 0},
		{"empty lines are returned", "\n\r\na\n\n", "\n\r\na\n\n", 0, 0},
		{"longest line is returned", "0123456789\n", "0123456789\n", 0, 0},
		{"long line is skipped", "a\n0123456789X\nb\n", "a\nb\n", 1, 0},
		{"long line alone", "0123456789X\n", "", 1, 0},
		{"lines around two long lines are returned", "a\n0123456789X\nb\n0123456789XYZ\nc\n", "a\nb\nc\n", 2, 0},
		{"long unfinished line is counted as too long", "a\n0123456789XYZ", "a\n", 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := []byte(tt.in)
			check := func(pieces ...[]byte) {
				if got, tooLong, unfinished := split(pieces...); string(got) != tt.want || tooLong != tt.tooLong || unfinished != tt.unfinished {
					t.Errorf("%q: got %q, %d too long, %d unfinished", pieces, got, tooLong, unfinished)
				}
			}
			check(bytes.SplitAfter(text, nil)...)
			for i := range len(text) + 1 {
				check(text[:i], text[i:])
			}
		})
	}
}

// The pieces in which a text arrives do not change its lines and counts.
func FuzzSplitter(f *testing.F) {
	f.Add([]byte("a 1\n0123456789X\nb 2\n"), 5, 9)
	f.Add([]byte("\x00a\n\x00\x000123456789X\n\x00b"), 2, 5)
	f.Add([]byte("0123456789XYZ0123456789XYZ"), 12, 13)
	f.Add([]byte(strings.Repeat("0123456789\n", 1000)), 4096, 8000)
	f.Fuzz(func(t *testing.T, text []byte, i, j int) {
		i = max(0, min(i, len(text)))
		j = max(i, min(j, len(text)))
		want, wantLong, wantUnfinished := reference(text)
		got, tooLong, unfinished := split(text[:i], text[i:j], text[j:])
		if !bytes.Equal(got, want) || tooLong != wantLong || unfinished != wantUnfinished {
			t.Errorf("%q cut at %d and %d: %q, %d too long, %d unfinished; want %q, %d, %d", text, i, j, got, tooLong, unfinished, want, wantLong, wantUnfinished)
		}
	})
}

// reference does what split does, in a simpler way.
func reference(text []byte) (lines []byte, tooLong, unfinished int64) {
	for _, line := range bytes.SplitAfter(text, []byte{'\n'}) {
		line = bytes.TrimLeft(line, "\x00")
		whole := bytes.TrimSuffix(line, []byte{'\n'})
		switch {
		case len(whole) > 10:
			tooLong++
		case len(whole) < len(line):
			lines = append(lines, line...)
		default:
			unfinished += countLines(line)
		}
	}
	return lines, tooLong, unfinished
}

func TestSplitterKeepsTheFirstOfTheLongLines(t *testing.T) {
	s := splitter{max: 10, buf: make([]byte, 100)}
	for _, tt := range []struct{ in, want string }{
		{"a\n0123456789X\nsecond line is too long\nb\n", "0123456789X\n"},
		{"the next read\n", "the next read\n"},
		{"ab\nwithout an end", "without an end"},
	} {
		space, _ := s.space()
		n := copy(space, tt.in)
		if s.add(n); string(s.example) != tt.want {
			t.Errorf("kept %q of %q, want %q", s.example, tt.in, tt.want)
		}
	}
}

func TestBufferOfSplitterGrowsAndShrinks(t *testing.T) {
	s := splitter{max: 65 << 10} // so that half the buffer is no power of two
	line := append(bytes.Repeat([]byte{'x'}, 99), '\n')
	feed := func(text []byte) {
		space, _ := s.space()
		s.add(copy(space, text))
	}
	feed(line)
	if len(s.buf) != minSplit {
		t.Errorf("the buffer starts with %d bytes, want %d", len(s.buf), minSplit)
	}
	flood := bytes.Repeat(line, 2000)
	for range 20 {
		feed(flood)
	}
	if len(s.buf) != s.max+maxSplit {
		t.Errorf("the buffer grew to %d bytes, want %d", len(s.buf), s.max+maxSplit)
	}
	for range 10 * underuseLimit {
		feed(line)
	}
	if len(s.buf) != minSplit {
		t.Errorf("the buffer shrank to %d bytes, want %d", len(s.buf), minSplit)
	}
	if n := testing.AllocsPerRun(10*underuseLimit, func() { feed(line) }); n != 0 {
		t.Errorf("%v allocations a read", n)
	}
}
