package dropin

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	successor = "monkit.example"
	replaced  = "github.com/spacemonkeygo/monkit/v3"

	// The last version of the library that is replaced here.
	version = "v3.0.25-0.20251022131615-eb24eb109368"
)

// download returns where the go command keeps the module.
func download(t *testing.T, module, version string) string {
	t.Helper()
	// Not from within this module, which has the path of one that is wanted.
	out, err := run(t, t.TempDir(), "mod", "download", "-json", module+"@"+version)
	var got struct{ Dir, Error string }
	if jsonErr := json.Unmarshal([]byte(out), &got); err == nil && jsonErr == nil {
		return got.Dir
	}
	why := module + " cannot be downloaded: " + got.Error + out
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
	return ""
}

// copyModule returns a copy of the module that imports us where it imports the
// library that is replaced.
func copyModule(t *testing.T, module, version string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(download(t, module, version))); err != nil {
		t.Fatal(err)
	}
	replace(t, dir)
	return dir
}

// replace has the module in dir require and replace what a program's go.mod
// does. The version of Go is ours, as go mod tidy would have it.
func replace(t *testing.T, dir string) {
	t.Helper()
	root := repository(t)
	mustRun(t, dir, "mod", "edit", "-go=1.26.0",
		"-require="+successor+"@v0.0.0", "-replace="+successor+"="+root,
		"-replace="+replaced+"="+filepath.Join(root, "compat"))
}

func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// run runs the go command in dir, where it may add to go.mod and go.sum. What
// it does may not depend on the name of dir, so that its cache serves the next
// copy too.
func run(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod -trimpath", "GOWORK=off")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return string(out) + stderr.String(), err
	}
	return string(out), nil
}

func mustRun(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := run(t, dir, args...)
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}
