package listen

import (
	"bytes"
	"strings"
	"testing"
)

// split feeds pieces to a splitter whose lines have ten bytes at most.
func split(pieces ...[]byte) (got []byte, tooLong, rest int64) {
	s := splitter{max: 10}
	for _, p := range pieces {
		for len(p) > 0 {
			n := copy(s.space(), p)
			lines, long := s.add(n)
			got, tooLong, p = append(got, lines...), tooLong+long, p[n:]
		}
	}
	return got, tooLong, s.rest()
}

func TestSplitter(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		tooLong, rest  int64
	}{
		{"lines", "a 1\nb 2\n", "a 1\nb 2\n", 0, 0},
		{"a tail is no line", "a 1\nb 2", "a 1\n", 0, 1},
		{"a blank tail is nothing", "a 1\n \r", "a 1\n", 0, 0},
		{"empty lines pass", "\n\r\na\n\n", "\n\r\na\n\n", 0, 0},
		{"ten bytes are not too long", "0123456789\n", "0123456789\n", 0, 0},
		{"a long line is skipped", "a\n0123456789X\nb\n", "a\nb\n", 1, 0},
		{"the neighbours of two long lines live", "a\n0123456789X\nb\n0123456789XYZ\nc\n", "a\nb\nc\n", 2, 0},
		{"a long line without end", "a\n0123456789XYZ", "a\n", 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := []byte(tt.in)
			check := func(pieces ...[]byte) {
				if got, tooLong, rest := split(pieces...); string(got) != tt.want || tooLong != tt.tooLong || rest != tt.rest {
					t.Errorf("%q: got %q, %d too long, rest %d", pieces, got, tooLong, rest)
				}
			}
			check(bytes.SplitAfter(text, nil)...)
			for i := range len(text) + 1 {
				check(text[:i], text[i:])
			}
		})
	}
}

// Wherever a text is cut, the same comes out of it, and all is accounted for.
func FuzzSplitter(f *testing.F) {
	f.Add([]byte("a 1\n0123456789X\nb 2\n"), 5, 9)
	f.Add([]byte("0123456789XYZ0123456789XYZ"), 12, 13)
	f.Add([]byte(strings.Repeat("0123456789\n", 1000)), 4096, 8000)
	f.Fuzz(func(t *testing.T, text []byte, i, j int) {
		i = max(0, min(i, len(text)))
		j = max(i, min(j, len(text)))
		want, wantLong, wantRest := reference(text)
		got, tooLong, rest := split(text[:i], text[i:j], text[j:])
		if !bytes.Equal(got, want) || tooLong != wantLong || rest != wantRest {
			t.Errorf("%q cut at %d and %d: %q, %d too long, %d left; want %q, %d, %d", text, i, j, got, tooLong, rest, want, wantLong, wantRest)
		}
	})
}

// reference is what split does, for a text in one piece.
func reference(text []byte) (lines []byte, tooLong, rest int64) {
	for _, line := range bytes.SplitAfter(text, []byte{'\n'}) {
		whole := bytes.TrimSuffix(line, []byte{'\n'})
		switch {
		case len(whole) > 10:
			tooLong++
		case len(whole) < len(line):
			lines = append(lines, line...)
		default:
			rest += countLines(line)
		}
	}
	return lines, tooLong, rest
}

func TestASplitterGrowsAndShrinks(t *testing.T) {
	s := splitter{max: 64 << 10}
	line := append(bytes.Repeat([]byte{'x'}, 99), '\n')
	feed := func(text []byte) {
		n := copy(s.space(), text)
		s.add(n)
	}
	feed(line)
	if len(s.buf) != minSplit {
		t.Errorf("it starts with %d bytes", len(s.buf))
	}
	flood := bytes.Repeat(line, 2000)
	for range 20 {
		feed(flood)
	}
	if len(s.buf) != s.max+maxSplit {
		t.Errorf("it grew to %d bytes", len(s.buf))
	}
	for range 10 * tooOften {
		feed(line)
	}
	if len(s.buf) > 2*minSplit {
		t.Errorf("it shrank to %d bytes", len(s.buf))
	}
	if n := testing.AllocsPerRun(10*tooOften, func() { feed(line) }); n != 0 {
		t.Errorf("%v allocations a read", n)
	}
}

func TestBlankLinesAreNotCounted(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int64
	}{
		{"", 0}, {"\n", 0}, {"\r\n", 0}, {" \t\r\n", 0}, {"   ", 0}, {"\n\n \n", 0},
		{"a", 1}, {" a\n", 1}, {"\r\r\n", 1}, {"a\n\nb", 2}, {"a\nb\n", 2},
	} {
		if n := countLines([]byte(tt.text)); n != tt.want {
			t.Errorf("countLines(%q) = %d, want %d", tt.text, n, tt.want)
		}
	}
}
