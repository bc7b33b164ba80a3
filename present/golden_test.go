package present_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"monkit.example/monkit"
)

var update = flag.Bool("update", false, "write the golden files")

func TestPagesMatchGoldenFiles(t *testing.T) {
	r := world(t)
	ids := idNames(r)
	for _, path := range []string{
		"/",
		"/ps", "/ps/json", "/ps/dot", "/ps/html",
		"/funcs", "/funcs/json", "/funcs/dot", "/funcs/html",
		"/stats", "/stats/json", "/stats/html",
		"/trace",
	} {
		name := cmp.Or(strings.ReplaceAll(strings.Trim(path, "/"), "/", "."), "index")
		t.Run(path, func(t *testing.T) {
			got := steady(ids.Replace(render(t, r, path)))
			file := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs from %s, which -update writes:\n%s", path, file, firstDifference(got, string(want)))
			}
		})
	}
}

// idNames replaces the ids of r, which are random, with names.
func idNames(r *monkit.Registry) *strings.Replacer {
	var pairs []string
	name := func(id int64, kind string) {
		text := fmt.Sprintf("%s%d", kind, len(pairs)/4+1)
		pairs = append(pairs, fmt.Sprint(id), text, fmt.Sprintf("%016x", id), text+"-hex")
	}
	r.Funcs(func(f *monkit.Func) { name(f.Id(), "func") })
	r.AllSpans(func(s *monkit.Span) { name(s.Id(), "span") })
	r.RootSpans(func(s *monkit.Span) {
		name(s.Trace().Id(), "trace")
		pairs = append(pairs, s.Trace().String(), pairs[len(pairs)-1])
	})
	return strings.NewReplacer(pairs...)
}

// times are the values that differ between runs, in each form that pages have.
var times = []struct{ pattern, steady string }{
	{`\d+((\.|&#46;)\d+)?(ns|µs|ms|s)\b`, "TIME"},
	{`("(?:start|elapsed|average|reservoir_average|full_average|max|min|recent|\d\.\d\d)":)\d+`, "${1}0"},
	{`(?m)^(function_times.* (?:sum|min|max|recent|r[a-z0-9]+)=).*`, "${1}0"},
	{`(\["function_times",.*"(?:sum|min|max|recent|r[a-z0-9]+)",)[^]]+`, "${1}0"},
	{`(<span>(?:sum|min|max|recent|r[a-z0-9]+) <b>)[0-9.e-]+`, "${1}0"},
}

func steady(body string) string {
	for _, t := range times {
		body = regexp.MustCompile(t.pattern).ReplaceAllString(body, t.steady)
	}
	return body
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d is\n%s\nwant\n%s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}
