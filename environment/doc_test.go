package environment

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"monkit.example/monkit"
)

// docLists returns the indented lines of the package documentation, by the
// series that they describe.
func docLists(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	lists, series := map[string]string{}, ""
	for line := range strings.Lines(file.Doc.Text()) {
		entry, ok := strings.CutPrefix(line, "\t")
		if !ok {
			continue
		}
		if entry[0] != ' ' {
			series, entry, _ = strings.Cut(entry, " ")
		}
		lists[series] += entry
	}
	return lists
}

// distFields are listed once in doc.go, for all distributions.
const distFields = " count sum min max rmin ravg r10 r50 r90 r95 r99 r999 rmax recent"

func TestDocListsEveryField(t *testing.T) {
	lists := docLists(t)
	lists["cgroup_pressure"] += lists["pressure"]
	words := map[string]map[string]bool{}
	for series, list := range lists {
		if strings.Contains(list, "distribution") {
			list += distFields
		}
		words[series] = map[string]bool{}
		for _, word := range strings.Fields(list) {
			words[series][strings.TrimRight(word, ",:;.")] = true
		}
	}
	emitted := map[string]bool{"environment.Register(nil)": true} // the code at the top, not a series
	for _, stats := range everyStats(t) {
		stats(func(key monkit.SeriesKey, field string, _ float64) {
			emitted[key.Measurement] = true
			if !words[key.Measurement][field] {
				t.Errorf("doc.go does not list %s %s", key.Measurement, field)
			}
		})
	}
	for series, list := range lists {
		if complete && !emitted[series] && (isGo126 || !strings.Contains(list, "since Go 1.26")) {
			t.Errorf("doc.go lists %s, which no source emits", series)
		}
	}
}
