package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"monkit.example/e2e/servers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func repository(t *testing.T) string {
	t.Helper()
	root, err := servers.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// buildOutside builds a program in a module of its own, as a user does, and
// returns its path. files are by name.
func buildOutside(t *testing.T, files map[string][]byte) string {
	t.Helper()
	root, dir := repository(t), t.TempDir()
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{
		"go.mod": []byte("module example.com/program\n\ngo 1.26.0\n\nrequire monkit.example v0.0.0\n\nreplace monkit.example => " + root + "\n"),
		"go.sum": sums,
	}
	for name, text := range files {
		all[name] = text
	}
	for name, text := range all {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(dir, "program")
	build(t, dir, "-mod=mod", "-o", bin, ".")
	return bin
}

func build(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"build", "-buildvcs=false"}, args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %v: %v\n%s", args, err, out)
	}
}

func buildPush(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "push", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	return buildOutside(t, map[string][]byte{"main.go": text})
}

func buildRelay(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "monkit-relay")
	build(t, repository(t), "-o", bin, "./cmd/monkit-relay")
	return bin
}

// run runs a program to its end and wants success.
func run(t *testing.T, bin string, args ...string) {
	t.Helper()
	cmd := exec.Command(bin, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s", filepath.Base(bin), args, err, out.Bytes())
	}
}
