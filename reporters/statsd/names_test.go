package statsd

import (
	"strings"
	"testing"

	"monkit.example/internal/codectest"
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

func FuzzNamesStayDistinct(f *testing.F) {
	codectest.SeedNames(f)
	f.Fuzz(func(t *testing.T, m1, k1, v1, f1, m2, k2, v2, f2 string) {
		for _, o := range []Options{{}, {Tags: true}, {Prefix: "a"}, {Prefix: "a", Tags: true}} {
			codectest.CheckNames(t, NewCodec(o), namesOf, codectest.NameOf(m1, k1, v1, f1), codectest.NameOf(m2, k2, v2, f2))
		}
	})
}
