package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// root is the folder of the repository.
const root = "../.."

// TestReadme runs go vet as README.md does. The binary is in a temporary folder
// instead of the repository.
func TestReadme(t *testing.T) {
	vettool, target := build(t), ""
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "go vet -vettool=./monkitvet "); ok {
			target = rest
		}
	}
	if target == "" {
		t.Fatal("README.md does not run go vet -vettool=./monkitvet")
	}
	if out, code := run(t, root, "go", "vet", "-vettool="+vettool, target); code != 0 {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

const faulty = `package main

import (
	"context"

	"monkit.example/monkit"
)

func main() { _ = work(context.Background()) }

func work(ctx context.Context) (err error) {
	defer monkit.Package().Task()(&ctx)
	return nil
}
`

// TestFindsAndFixes checks a program in a module of its own, with both ways to
// run the command.
func TestFindsAndFixes(t *testing.T) {
	vettool := build(t)
	for _, tt := range []struct {
		name    string
		command []string
	}{
		{"by itself", []string{vettool}},
		{"under go vet", []string{"go", "vet", "-vettool=" + vettool}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := program(t, faulty)
			command := func(more ...string) (string, int) {
				return run(t, dir, tt.command[0], append(append(tt.command[1:len(tt.command):len(tt.command)], more...), "./...")...)
			}
			out, code := command()
			if code == 0 || !strings.Contains(out, "main.go:12:8: the last call is missing") {
				t.Errorf("exit code %d, want another one, and the position of the finding in:\n%s", code, out)
			}
			if out, code := command("-fix"); code != 0 {
				t.Errorf("-fix: exit code %d:\n%s", code, out)
			}
			if out, code := command(); code != 0 {
				t.Errorf("after -fix: exit code %d:\n%s", code, out)
			}
			fixed, err := os.ReadFile(filepath.Join(dir, "main.go"))
			if err != nil {
				t.Fatal(err)
			}
			if want := "Task()(&ctx)(&err)\n"; !strings.Contains(string(fixed), want) {
				t.Errorf("after -fix the program has no %q:\n%s", want, fixed)
			}
		})
	}
}

const exiting = `package main

import (
	"context"
	"log"
	"time"

	"monkit.example/collect"
)

func main() {
	c := collect.Every(time.Second)
	defer c.Close(context.Background())
	log.Fatal("stopped")
}
`

func TestFindsExitsAfterAClose(t *testing.T) {
	out, code := run(t, program(t, exiting), "go", "vet", "-vettool="+build(t), "./...")
	if want := "main.go:14:2: log.Fatal ends the process without the deferred c.Close"; code == 0 || !strings.Contains(out, want) {
		t.Errorf("exit code %d, want another one, and %q in:\n%s", code, want, out)
	}
}

// program writes a program into a new folder. It uses this repository.
func program(t *testing.T, main string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	repository, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"main.go": main,
		"go.mod": fmt.Sprintf("module program.test\n\ngo 1.26.0\n\nrequire monkit.example v0.0.0\n\nreplace monkit.example => %q\n",
			filepath.ToSlash(repository)),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// build compiles the command and returns its path.
func build(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "monkitvet")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if out, code := run(t, root, "go", "build", "-C", "cmd/monkitvet", "-o", path, "."); code != 0 {
		t.Fatalf("go build: exit code %d:\n%s", code, out)
	}
	return path
}

// run runs a command and returns its output and exit code.
func run(t *testing.T, dir, name string, args ...string) (out string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}
