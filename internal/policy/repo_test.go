package policy

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the path of the repository from the folder of this package, where go test
// runs.
const root = "../.."

// eachFile calls fn with every file of the repository, as a path with slashes
// relative to root. It skips hidden folders other than .ci, which hold caches and
// version control.
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
		case d.Type().IsRegular() && rel != ".git": // a file in a linked work tree
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

// isBelow reports whether folder is an element of path.
func isBelow(path, folder string) bool {
	return slices.Contains(strings.Split(path, "/"), folder)
}
