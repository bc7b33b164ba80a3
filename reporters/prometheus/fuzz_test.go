package prometheus

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// FuzzPage writes points with names, tags and values of any bytes, and reads
// the page as a strict reader does. The input is lines of
//
//	measurement \x1f field \x1f kind \x1f value { \x1f key \x1f value }
//
// of which the kind and the value are one byte each, or empty.
func FuzzPage(f *testing.F) {
	for _, seed := range []string{
		"", "a\x1fb", "a\x1fcount\x1f1\x1f2\na\x1fsum\x1f0\x1f9\na\x1fr50\x1f0\x1f1\na\x1fmax",
		"a\x1fcount\x1f1\x1f2\na\x1fsum\x1f0\x1f-\x1fquantile\x1f0.5\n\x1fa_sum\na\x1fcreated\na\x1ftotal\x1f1",
		"a.b\x1fc\na\x1fb.c\na_b\x1fc\x1f1\na_b\x1fc_total", "\x1f\x1f1", "9\x1f\xff\x1f0\x1fx\x1f__name__\x1f\"\\\x00\r\x1f\x1f\x1fü.ü\x1f1",
		"a\x1ftotal\x1f1\na\x1f\n_total\x1f\x1f1", "q\x1fcount\x1f1\nq\x1fsum\nq\x1frmax\x1f0\x1f1\x1fquantile\x1f1\x1fexported_quantile\x1f2",
		"a b\x1f\x1f1\x1f2\na_b\x1f\x1f1\x1f3\na.b\x1f\x1f\na-b\x1f\x1f1\x1f9", "a_total\x1ftotal\x1f1\na\x1ftotal\x1f1\n\x1fa", "x\x1fk\x1f2\nx\x1fk\x1f3\nx\x1fk\x1f4",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		input = input[:min(len(input), 2000)] // WithTag copies all tags before it
		points := pointsOf(input)
		kept := NewEncoder(Options{})
		want, count := encode(t, kept, points) // received, without numbers
		numbered(points)
		for range 3 {
			got, n := encode(t, kept, points)
			if got != want || n != count {
				t.Fatalf("the pages are\n%s\n%s\nwith %+v and %+v", want, got, count, n)
			}
			rand.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
		}
		if got, n := encode(t, NewEncoder(Options{}), points); got != want || n != count {
			t.Fatalf("in another order the pages are\n%s\n%s\nwith %+v and %+v", want, got, count, n)
		}
	})
}

// pointsOf returns the points of an input of FuzzPage, each series and field
// once.
func pointsOf(input string) (points []reporters.Point) {
	seen := map[string]bool{}
	for line := range strings.SplitSeq(input, "\n") {
		parts := strings.Split(line, "\x1f")
		parts = append(parts, make([]string, max(0, 4-len(parts)))...)
		p := reporters.Point{Key: monkit.NewSeriesKey(parts[0]), Field: parts[1], Kind: kindOf(parts[2]), Value: valueOf(parts[3])}
		for tags := parts[4:]; len(tags) > 1; tags = tags[2:] {
			p.Key = p.Key.WithTag(tags[0], tags[1])
		}
		if name := p.Key.WithField(p.Field); !seen[name] {
			seen[name] = true
			points = append(points, p)
		}
	}
	return points
}

// kindOf returns the kind with that number, and Gauge for other text.
func kindOf(s string) reporters.Kind {
	if len(s) == 1 && '1' <= s[0] && s[0] <= '4' {
		return reporters.Kind(s[0] - '0')
	}
	return reporters.Gauge
}

func valueOf(s string) float64 {
	switch s {
	case "":
		return 0
	case "-":
		return -1.5
	case "n":
		return math.NaN()
	case "i":
		return math.Inf(1)
	case "j":
		return math.Inf(-1)
	}
	return float64(s[0])
}
