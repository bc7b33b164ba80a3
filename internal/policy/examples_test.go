package policy

import (
	"path"
	"regexp"
	"strings"
	"testing"
)

var exampleFunc = regexp.MustCompile(`(?m)^func Example\w*\(\) \{`)

// TestPackagesHaveExamples checks that every public package has a runnable example.
func TestPackagesHaveExamples(t *testing.T) {
	examples := map[string]bool{}
	eachGoFile(t, func(file string) {
		if strings.HasSuffix(file, "_test.go") && exampleFunc.MatchString(read(t, file)) {
			examples[path.Dir(file)] = true
		}
	})
	for dir, d := range folders(t) {
		if d.name != "" && d.name != "main" && isPublic(dir) && !examples[dir] {
			t.Errorf("%s: has no Example with which to start", dir)
		}
	}
}

// isPublic reports whether dir, a folder of the main module, is a package for
// programs elsewhere.
func isPublic(dir string) bool {
	for _, other := range []string{"internal", "cmd", "e2e", "examples", "bench", "browser", "compat", "interop", "scripts"} {
		if dir == other || strings.HasPrefix(dir, other+"/") || strings.Contains(dir, "/internal/") {
			return false
		}
	}
	return true
}
