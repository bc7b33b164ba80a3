package dropin

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lowestGo is the Go version that a program needs at least, as README.md says.
const lowestGo = "1.25.0"

// goMod is what a go.mod requires.
type goMod struct {
	Go       string
	Versions map[string]string // module → version
}

func readGoMod(t *testing.T, dir string) goMod {
	t.Helper()
	var got struct {
		Go      string
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal([]byte(mustRun(t, dir, "mod", "edit", "-json")), &got); err != nil {
		t.Fatal(err)
	}
	m := goMod{got.Go, map[string]string{}}
	for _, r := range got.Require {
		m.Versions[r.Path] = r.Version
	}
	return m
}

// libraryProgram imports all that a program can import of this project.
const libraryProgram = `package main

import (
	_ "monkit.example/collect"
	_ "monkit.example/environment"
	_ "monkit.example/monkit"
	_ "monkit.example/present"
	_ "monkit.example/reporters/graphite"
	_ "monkit.example/reporters/influx"
	_ "monkit.example/reporters/lines"
	_ "monkit.example/reporters/otlp"
	_ "monkit.example/reporters/pickle"
	_ "monkit.example/reporters/prometheus"
	_ "monkit.example/reporters/shape"
	_ "monkit.example/reporters/statsd"
	_ "monkit.example/tracing/monkithttp"
	_ "monkit.example/tracing/monkitslog"
	_ "monkit.example/tracing/zipkin"
)

func main() {}
`

// What the replace lines do to a program's go.mod is what README.md says: after go
// mod tidy it has a few more requirements and, if it had an older Go version, a newer
// one. The versions that it had stay.
func TestReplaceLinesLeaveVersionsAlone(t *testing.T) {
	download(t, v3Module, version) // go mod tidy needs it
	const (
		sys     = "golang.org/x/sys"
		backoff = "github.com/cenkalti/backoff/v4"
		influx  = "github.com/influxdata/line-protocol/v2"
	)
	dropIn := map[string]string{v3Module: version, mainModule: "v0.0.0", sys: "v0.1.0"}
	for _, tt := range []struct {
		name, program string
		before        string // lines of go.mod
		goVersion     string // in go.mod afterwards
		after         map[string]string
	}{
		{"same Go version", v3Program, "go 1.25.0\nrequire " + v3Module + " " + version, "1.25.0", dropIn},
		{"newer Go version", v3Program, "go 1.26.0\nrequire " + v3Module + " " + version, "1.26.0", dropIn},
		{"older Go version", v3Program, "go 1.19\nrequire " + v3Module + " " + version, lowestGo, dropIn},
		{"newer requirement", v3Program, "go 1.26.0\nrequire (\n" + v3Module + " " + version + "\n" + sys + " v0.49.0\n)", "1.26.0",
			map[string]string{v3Module: version, mainModule: "v0.0.0", sys: "v0.49.0"}},
		{"whole library", libraryProgram, "go 1.25.0\nrequire " + mainModule + " v0.0.0", "1.25.0",
			map[string]string{mainModule: "v0.0.0", sys: "v0.1.0", backoff: "v4.0.0", influx: "v2.2.1"}},
		{"whole library with newer requirement", libraryProgram, "go 1.25.0\nrequire (\n" + mainModule + " v0.0.0\n" + backoff + " v4.3.0\n)", "1.25.0",
			map[string]string{mainModule: "v0.0.0", sys: "v0.1.0", backoff: "v4.3.0", influx: "v2.2.1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "main.go"), tt.program)
			write(t, filepath.Join(dir, "go.mod"), "module program\n\n"+tt.before+"\n")
			root := repository(t)
			mustRun(t, dir, "mod", "edit", "-replace="+v3Module+"="+filepath.Join(root, "compat"), "-replace="+mainModule+"="+root)
			tidy(t, dir)
			got := readGoMod(t, dir)
			if got.Go != tt.goVersion || !maps.Equal(got.Versions, tt.after) {
				t.Errorf("go %s and %v, want go %s and %v", got.Go, got.Versions, tt.goVersion, tt.after)
			}
		})
	}
}

// tidy runs go mod tidy. It skips the test if a module cannot be downloaded, as
// download does.
func tidy(t *testing.T, dir string) {
	t.Helper()
	out, err := run(t, dir, "mod", "tidy")
	switch {
	case err == nil:
	case os.Getenv("CI") != "true" && strings.Contains(out, "dial tcp"):
		t.Skipf("go mod tidy needs modules that cannot be downloaded: %s", out)
	default:
		t.Fatalf("go mod tidy: %v\n%s", err, out)
	}
}

// The Go version in go.mod is enough to build all packages: the go command of that
// version does it.
func TestLowestGoVersionBuilds(t *testing.T) {
	t.Setenv("GOTOOLCHAIN", "go"+lowestGo)
	dir := t.TempDir()
	if out, err := run(t, dir, "version"); err != nil {
		problem := "go " + lowestGo + " cannot be downloaded: " + out
		if os.Getenv("CI") == "true" {
			t.Fatal(problem)
		}
		t.Skip(problem)
	}
	if got := readGoMod(t, repository(t)); got.Go != lowestGo {
		t.Errorf("the main module has go %s, want %s", got.Go, lowestGo)
	}
	for _, module := range []string{"", "compat"} {
		cmd := []string{"build", "-mod=readonly", "./..."}
		if out, err := run(t, filepath.Join(repository(t), module), cmd...); err != nil {
			t.Errorf("go %s of module %q with Go %s: %v\n%s", strings.Join(cmd, " "), module, lowestGo, err, out)
		}
	}
}
