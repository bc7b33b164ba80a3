package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"monkit.example/e2e/servers"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if dir, err := relayDir(); err == nil {
			os.RemoveAll(dir) // what is left is in a folder for temporary files
		}
		os.Exit(code)
	}))
}

// relayDir returns the folder of the relay's program, which all tests share.
var relayDir = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "e2e") })

func repository(t *testing.T) string {
	t.Helper()
	root, err := servers.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// buildOutside builds a program of the files in a module of its own, as users
// do, and returns its path.
func buildOutside(t *testing.T, files map[string]string) string {
	t.Helper()
	root, dir := repository(t), t.TempDir()
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dir, map[string]string{
		"go.mod": "module example.com/program\n\ngo 1.26.0\n\nrequire monkit.example v0.0.0\n\nreplace monkit.example => " + root + "\n",
		"go.sum": string(sums),
	})
	writeFiles(t, dir, files)
	bin := filepath.Join(dir, "program")
	build(t, dir, "-mod=mod", "-o", bin, ".")
	return bin
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func build(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"build", "-buildvcs=false"}, args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %v: %v\n%s", args, err, out)
	}
}

// buildTestdata builds the program in a folder of testdata.
func buildTestdata(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	return buildOutside(t, map[string]string{"main.go": string(text)})
}

// relayBuilt is held while the relay is built, which is once.
var relayBuilt struct {
	sync.Mutex
	bin string // guarded by Mutex
}

func buildRelay(t *testing.T) string {
	t.Helper()
	relayBuilt.Lock()
	defer relayBuilt.Unlock()
	if relayBuilt.bin != "" {
		return relayBuilt.bin
	}
	dir, err := relayDir()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "monkit-relay")
	build(t, repository(t), "-o", bin, "./cmd/monkit-relay")
	relayBuilt.bin = bin
	return bin
}

// run runs a program to its end and returns its output. The test fails if the
// program does.
func run(t *testing.T, bin string, args ...string) string {
	t.Helper()
	cmd := exec.Command(bin, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s", filepath.Base(bin), args, err, out.Bytes())
	}
	return out.String()
}
