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
	mainModule = "monkit.example"
	v3Module   = "github.com/spacemonkeygo/monkit/v3"

	// The last version of monkit/v3.
	version = "v3.0.25-0.20260113195619-706ad4b46206"
)

// download returns the folder of the module in the go command's cache.
func download(t *testing.T, module, version string) string {
	t.Helper()
	// The folder is outside of this module, which has the path of monkit/v3.
	out, err := run(t, t.TempDir(), "mod", "download", "-json", module+"@"+version)
	var got struct{ Dir, Error string }
	if jsonErr := json.Unmarshal([]byte(out), &got); err == nil && jsonErr == nil {
		return got.Dir
	}
	problem := module + " cannot be downloaded: " + got.Error + out
	if os.Getenv("CI") == "true" {
		t.Fatal(problem)
	}
	t.Skip(problem)
	return ""
}

// copyModule returns the folder of a copy of the module, which uses this module
// in place of monkit/v3.
func copyModule(t *testing.T, module, version string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(download(t, module, version))); err != nil {
		t.Fatal(err)
	}
	replace(t, dir)
	return dir
}

// replace adds to go.mod in dir what a program needs to use this module.
func replace(t *testing.T, dir string) {
	t.Helper()
	root := repository(t)
	mustRun(t, dir, "mod", "edit",
		"-require="+mainModule+"@v0.0.0", "-replace="+mainModule+"="+root,
		"-replace="+v3Module+"="+filepath.Join(root, "compat"))
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

// run runs the go command in dir, where it may add to go.mod and go.sum. With
// -trimpath its results do not depend on the name of dir, so that they are
// cached for the next copy.
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
