package statsd

import (
	"strconv"
	"strings"
	"testing"

	"monkit.example/internal/codectest"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// namesOf returns the names with the tags.
func namesOf(lines []byte) (names []string) {
	for line := range strings.Lines(string(lines)) {
		name, rest, _ := strings.Cut(line, ":")
		_, tags, _ := strings.Cut(rest, "|g")
		names = append(names, name+tags)
	}
	return names
}

// valuesOf returns what a server adds up under each name and its tags.
func valuesOf(lines string) map[string]float64 {
	values := map[string]float64{}
	for line := range strings.Lines(lines) {
		name, rest, _ := strings.Cut(line, ":")
		value, tags, _ := strings.Cut(rest, "|c")
		v, _ := strconv.ParseFloat(value, 64)
		values[name+tags] += v
	}
	return values
}

// A total that pauses and comes back has its own number again, while its series may
// have another one, which a series with a name in common with a third had before.
func TestFieldKeepsItsNameInASeriesOfAnotherNumber(t *testing.T) {
	point := func(series, id uint32, measurement string) reporters.Point {
		return reporters.Point{Key: monkit.NewSeriesKey(measurement), Field: "f", Value: 1, Series: series, ID: id}
	}
	c := NewCodec(Options{})
	check := func(want string, points ...reporters.Point) {
		t.Helper()
		c.(reporters.NameChecker).BeginBatch(points)
		defer c.(reporters.NameChecker).EndBatch()
		var got []byte
		for i := range points {
			got, _ = c.AppendRun(got, points[i:i+1])
		}
		if names := strings.Join(strings.Fields(strings.Join(namesOf(got), "")), " "); names != want {
			t.Errorf("sent are %q, want %q", names, want)
		}
	}
	check("m.f a_b.f", point(1, 1, "m"), point(2, 2, "a_b"), point(3, 3, "a b"))
	check("a_b.f", point(2, 2, "a_b"))
	check("a_b.f m.f", point(2, 2, "a_b"), point(3, 1, "m")) // m has the number of "a b"
}

func FuzzNamesStayDistinct(f *testing.F) {
	codectest.SeedNames(f)
	f.Fuzz(func(t *testing.T, m1, k1, v1, f1, m2, k2, v2, f2 string) {
		for _, o := range []Options{{}, {Tags: true}, {TagValues: true}, {Prefix: "a"}, {Prefix: "a", Tags: true}} {
			a, b := codectest.NameOf(m1, k1, v1, f1), codectest.NameOf(m2, k2, v2, f2)
			codectest.CheckNames(t, NewCodec(o), namesOf, a, b)
			codectest.CheckSums(t, NewCodec(o), true, valuesOf, a, b)
		}
	})
}
