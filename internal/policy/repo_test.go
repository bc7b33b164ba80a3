package policy

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// root is the repository, seen from this package's folder, where go test runs.
const root = "../.."

// eachFile calls fn with the slash path, relative to the root, of every file
// that is or may become part of the repository. Hidden folders other than .ci
// are caches and version control.
func eachFile(t *testing.T, fn func(path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		hidden := strings.HasPrefix(d.Name(), ".") && rel != "."
		switch {
		case d.IsDir() && hidden && rel != ".ci":
			return filepath.SkipDir
		case d.Type().IsRegular() && rel != ".git": // which a linked work tree has as a file
			fn(rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func eachGoFile(t *testing.T, fn func(path string)) {
	t.Helper()
	eachFile(t, func(path string) {
		if strings.HasSuffix(path, ".go") {
			fn(path)
		}
	})
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func exists(path string) bool {
	_, err := os.Stat(filepath.Join(root, filepath.FromSlash(path)))
	return err == nil
}
