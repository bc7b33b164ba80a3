package monkitvet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"
)

const (
	ours   = "monkit.example/monkit"
	theirs = "github.com/spacemonkeygo/monkit/v3"
)

// TestAnalyzer checks the cases of testdata against the package itself, a copy
// of it that stands where programs of monkit/v3 have it, and package compat.
func TestAnalyzer(t *testing.T) {
	const monkit, compat = "../../../monkit", "../../../compat"
	for _, tt := range []struct {
		name, path string
		packages   map[string]string // import path → folder
	}{
		{"monkit", ours, map[string]string{ours: monkit}},
		{"v3", theirs, map[string]string{theirs: monkit}},
		{"compat", theirs, map[string]string{theirs: compat, ours: monkit}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for path, folder := range tt.packages {
				copyFiles(t, folder, filepath.Join(dir, "src", path), nil)
			}
			copyFiles(t, "testdata", filepath.Join(dir, "src", "cases"), strings.NewReplacer(ours, tt.path))
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
