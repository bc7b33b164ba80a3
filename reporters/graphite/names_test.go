package graphite

import (
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

func FuzzNamesStayDistinct(f *testing.F) {
	codectest.SeedNames(f)
	f.Fuzz(func(t *testing.T, m1, k1, v1, f1, m2, k2, v2, f2 string) {
		for _, o := range []Options{{}, {Tagged: true}, {Prefix: "a"}} {
			codectest.CheckNames(t, NewCodec(o), pathsOf, codectest.NameOf(m1, k1, v1, f1), codectest.NameOf(m2, k2, v2, f2))
		}
	})
}
