package monkitvet

import (
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"
)

const (
	monkitPath = "monkit.example/monkit"
	v3Path     = "github.com/spacemonkeygo/monkit/v3"
)

// stubs are packages that the cases use, with the names that the analyzer knows. The
// test of the command has the real package collect.
var stubs = map[string]string{
	"monkit.example/collect":        "type Collector struct{}\nfunc Every() *Collector { return nil }\n" + closeAndFlush("*Collector"),
	"monkit.example/tracing/zipkin": "type Exporter struct{}\n" + closeAndFlush("*Exporter"),
	"monkit.example/reporters": `type Reporter interface {
		Flush(context.Context) error
		Close(context.Context) error
	}`,
}

func closeAndFlush(receiver string) string {
	return "func (" + receiver + ") Close(context.Context) error { return nil }\n" +
		"func (" + receiver + ") Flush(context.Context) error { return nil }\n"
}

// TestAnalyzer checks the cases of testdata against package monkit, against a
// copy of it at the path that programs of monkit/v3 import, and against package
// compat.
func TestAnalyzer(t *testing.T) {
	const monkit, compat = "../../../monkit", "../../../compat"
	for _, tt := range []struct {
		name, path string            // path is what the cases import
		packages   map[string]string // import path → folder
	}{
		{"monkit", monkitPath, map[string]string{monkitPath: monkit}},
		{"v3", v3Path, map[string]string{v3Path: monkit}},
		{"compat", v3Path, map[string]string{v3Path: compat, monkitPath: monkit}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for path, folder := range tt.packages {
				imports := path // packages below monkit move with it
				if folder == compat {
					imports = monkitPath
				}
				copyGo(t, folder, filepath.Join(dir, "src", path), imports)
			}
			for path, text := range stubs {
				write(t, filepath.Join(dir, "src", path), "package "+filepath.Base(path)+"\nimport \"context\"\n"+text)
			}
			copyGo(t, "testdata", filepath.Join(dir, "src", "cases"), tt.path)
			for _, result := range analysistest.RunWithSuggestedFixes(t, dir, Analyzer, "cases") {
				for _, d := range result.Diagnostics {
					if d.End <= d.Pos {
						t.Errorf("%s: %q has no end", result.Pass.Fset.Position(d.Pos), d.Message)
					}
				}
			}
		})
	}
}

// write writes a file of a package into a new folder.
func write(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "stub.go"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestFinishFuncTakesAPointerToError(t *testing.T) {
	for expr, want := range map[string]bool{
		"func(*error)":         true,
		"func(error)":          false,
		"func(**error)":        false,
		"func(*string)":        false,
		"func(...*error)":      false,
		"func()":               false,
		"func(*error, *error)": false,
		"func(*error) bool":    false,
		"*error":               false,
	} {
		got, err := types.Eval(token.NewFileSet(), nil, token.NoPos, expr)
		if err != nil {
			t.Fatal(err)
		}
		if isFinishFunc(got.Type) != want {
			t.Errorf("isFinishFunc(%s) is %v, want %v", expr, !want, want)
		}
	}
}

// copyGo copies Go files and golden files, tests excepted, from one folder to
// another. In the copy, imports takes the place of the path of package monkit.
func copyGo(t *testing.T, from, to, imports string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(from), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "testdata":
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o777)
		case strings.HasSuffix(name, "_test.go") || !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".golden"):
			return nil
		}
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), []byte(strings.ReplaceAll(string(text), monkitPath, imports)), 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
}
