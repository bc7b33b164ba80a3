package policy

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// lowestGo is the lowest Go version with which the packages build and all their
// tests run: 1.25 has testing/synctest and sync.WaitGroup.Go. A program that
// requires this module gets at least this version into its own go.mod, so raise it
// only for something that cannot be done without.
const lowestGo = "1.25.0"

// A requirement is a line of go.mod. A program that requires this module uses at
// least that version, so it is the lowest that works, and not the newest.
type requirement struct {
	module, version string
	reason          string // for the module, and for the version
	tests           bool   // only tests import it
}

// requirements has every line of go.mod. What only tests against other
// implementations need is a requirement of bench, interop, scripts or
// cmd/monkitvet, which no program requires.
var requirements = []requirement{
	{"github.com/cenkalti/backoff/v4", "v4.0.0", "the sender waits longer after each failed attempt; the first version 4", false},
	{"github.com/influxdata/line-protocol/v2", "v2.2.1", "the Influx format; the only version with a tag", false},
	{"go.uber.org/goleak", "v1.2.0", "tests find goroutines that are left; Cleanup came with this version", true},
	{"golang.org/x/net", "v0.1.0", "tests parse the HTML of pages; the first version with a tag", true},
	{"golang.org/x/sys", "v0.1.0", "calls of the system that package syscall lacks; the first version with a tag", false},
}

// goMod is what `go mod edit -json` prints.
type goMod struct {
	Go        string
	Toolchain string
	Require   []struct {
		Path, Version string
		Indirect      bool
	}
	Replace []struct{ Old, New struct{ Path string } }
}

func readGoMod(t *testing.T, dir string) (m goMod) {
	t.Helper()
	cmd := exec.Command("go", "mod", "edit", "-json")
	cmd.Dir = filepath.Join(root, dir)
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &m)
	}
	if err != nil {
		t.Fatalf("%s/go.mod: %v", dir, err)
	}
	return m
}

func TestGoModHasOnlyWhatHasAReason(t *testing.T) {
	m := readGoMod(t, ".")
	if m.Go != lowestGo || m.Toolchain != "" || len(m.Replace) != 0 {
		t.Errorf("go.mod has go %s, toolchain %q and %d replacements, want go %s alone", m.Go, m.Toolchain, len(m.Replace), lowestGo)
	}
	known := map[string]requirement{}
	for _, r := range requirements {
		known[r.module] = r
	}
	for _, r := range m.Require {
		if k, ok := known[r.Path]; !ok || k.version != r.Version {
			t.Errorf("go.mod requires %s %s, and the table of requirements has %q; a program that imports this module gets that version",
				r.Path, r.Version, k.version)
		}
		delete(known, r.Path)
	}
	for path := range known {
		t.Errorf("go.mod does not require %s; delete the row", path)
	}
}

// Programs replace monkit/v3 by compat, so that its go.mod counts as well.
func TestCompatRaisesNoMoreThanTheMainModule(t *testing.T) {
	m := readGoMod(t, "compat")
	if m.Go != lowestGo || m.Toolchain != "" {
		t.Errorf("go %s, toolchain %q, want go %s", m.Go, m.Toolchain, lowestGo)
	}
	versions := map[string]string{module: "v0.0.0"}
	for _, r := range requirements {
		versions[r.module] = r.version
	}
	for _, r := range m.Require {
		if r.Version != versions[r.Path] {
			t.Errorf("compat/go.mod requires %s %s, the main module has %q", r.Path, r.Version, versions[r.Path])
		}
	}
}

func TestRequirementsAreImported(t *testing.T) {
	packages, tests := map[string]string{}, map[string]string{}
	for dir, d := range folders(t) {
		if !inMainModule(dir) {
			continue
		}
		for imported, file := range d.imports {
			packages[requiredBy(imported)] = file
		}
		for imported, file := range d.uses {
			tests[requiredBy(imported)] = file
		}
	}
	for _, r := range requirements {
		switch file, ok := packages[r.module]; {
		case r.tests && ok:
			t.Errorf("%s imports %s, which is for tests", file, r.module)
		case r.tests && tests[r.module] == "":
			t.Errorf("no test imports %s", r.module)
		case !r.tests && !ok:
			t.Errorf("only tests import %s; can they do without it, or move to a module of their own?", r.module)
		}
	}
}

// requiredBy returns the module of requirements that has the package, or "".
func requiredBy(imported string) string {
	for _, r := range requirements {
		if imported == r.module || strings.HasPrefix(imported, r.module+"/") {
			return r.module
		}
	}
	return ""
}

// inMainModule reports whether no folder from dir up to the root has a go.mod.
func inMainModule(dir string) bool {
	for ; dir != "."; dir = filepath.ToSlash(filepath.Dir(dir)) {
		if exists(dir + "/go.mod") {
			return false
		}
	}
	return true
}
