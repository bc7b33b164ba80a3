package graphite

import (
	"strconv"
	"strings"
	"testing"

	"monkit.example/internal/codectest"
)

func pathsOf(lines []byte) (paths []string) {
	for line := range strings.Lines(string(lines)) {
		path, _, _ := strings.Cut(line, " ")
		paths = append(paths, path)
	}
	return paths
}

// valuesOf returns the last value of each path.
func valuesOf(lines string) map[string]float64 {
	values := map[string]float64{}
	for line := range strings.Lines(lines) {
		fields := strings.Fields(line)
		values[fields[0]], _ = strconv.ParseFloat(fields[1], 64)
	}
	return values
}

func FuzzNamesStayDistinct(f *testing.F) {
	codectest.SeedNames(f)
	f.Fuzz(func(t *testing.T, m1, k1, v1, f1, m2, k2, v2, f2 string) {
		for _, o := range []Options{{}, {Tagged: true}, {TagValues: true}, {Prefix: "a"}} {
			a, b := codectest.NameOf(m1, k1, v1, f1), codectest.NameOf(m2, k2, v2, f2)
			codectest.CheckNames(t, NewCodec(o), pathsOf, a, b)
			codectest.CheckSums(t, NewCodec(o), false, valuesOf, a, b)
		}
	})
}
