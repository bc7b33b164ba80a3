package monkitvet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"
)

const ours = "monkit.example/monkit"

// TestAnalyzer checks the cases of testdata against the package itself, and
// against a copy of it that stands where programs of monkit/v3 have it.
func TestAnalyzer(t *testing.T) {
	for _, path := range []string{ours, "github.com/spacemonkeygo/monkit/v3"} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			dir := t.TempDir()
			copyFiles(t, "../../../monkit", filepath.Join(dir, "src", path), nil)
			copyFiles(t, "testdata", filepath.Join(dir, "src", "cases"), strings.NewReplacer(ours, path))
			analysistest.RunWithSuggestedFixes(t, dir, Analyzer, "cases")
		})
	}
}

func copyFiles(t *testing.T, from, to string, replace *strings.Replacer) {
	t.Helper()
	files, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(to, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.IsDir() || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(from, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if replace != nil {
			text = []byte(replace.Replace(string(text)))
		}
		if err := os.WriteFile(filepath.Join(to, f.Name()), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
