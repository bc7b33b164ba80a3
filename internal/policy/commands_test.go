package policy

import (
	"regexp"
	"strings"
	"testing"
)

// A proof names what runs a command of README.md: a test function and its file, or
// a target of the Makefile.
type proof struct {
	command string // as in README.md, or its beginning and "…"
	file    string
	test    string
}

// proofs has a row for every command in the ```sh blocks of README.md.
var proofs = []proof{
	{"go run ./cmd/monkit-relay demo", "cmd/monkit-relay/demo_test.go", "TestDemo"},
	{"make …", "Makefile", ""},
	{"go run ./examples/vlite", "examples/vlite/main_test.go", "TestServesVideosAndDebugPages"},
	{"go build ./cmd/monkit-relay", "e2e/readme_test.go", "TestReadmeRelay"},
	{"./monkit-relay version", "e2e/readme_test.go", "TestReadmeRelay"},
	{"./monkit-relay -h", "e2e/readme_test.go", "TestReadmeRelay"},
	{"./monkit-relay -listen …", "e2e/readme_test.go", "TestReadmeRelay"},
	{"./monkit-relay spool …", "cmd/monkit-relay/spool_test.go", "TestReadmeSpool"},
	{"go build -C cmd/monkitvet -o ../../monkitvet .", "cmd/monkitvet/main_test.go", "TestReadme"},
	{"go vet -vettool=./monkitvet …", "cmd/monkitvet/main_test.go", "TestReadme"},
	{"go mod edit -replace=monkit.example=../monkit", "e2e/readme_test.go", "TestReadmeModule"},
	{"go mod edit …", "compat/internal/dropin/readme_test.go", "TestReadme"},
	{"go mod tidy", "compat/internal/dropin/readme_test.go", "TestReadme"},
}

func TestReadmeCommandsAreTested(t *testing.T) {
	if !exists("README.md") {
		t.Fatal("README.md does not exist")
	}
	for _, command := range commands(read(t, "README.md")) {
		p, ok := proofOf(command)
		if !ok {
			t.Errorf("README.md shows %q, which no test runs: write a test, and add a row to commands_test.go", command)
			continue
		}
		if problem := p.problem(t, command); problem != "" {
			t.Errorf("README.md shows %q: %s", command, problem)
		}
	}
}

func proofOf(command string) (proof, bool) {
	for _, p := range proofs {
		beginning, open := strings.CutSuffix(p.command, "…")
		if command == p.command || open && strings.HasPrefix(command, beginning) {
			return p, true
		}
	}
	return proof{}, false
}

// problem returns why p does not prove the command, or "".
func (p proof) problem(t *testing.T, command string) string {
	t.Helper()
	if !exists(p.file) {
		return p.file + " does not exist"
	}
	want := `(?m)^func ` + p.test + `\(`
	if p.file == "Makefile" {
		want = `(?m)^` + regexp.QuoteMeta(strings.Fields(command)[1]) + `:`
	}
	if !regexp.MustCompile(want).MatchString(read(t, p.file)) {
		return p.file + " has no match for " + want
	}
	return ""
}

// commands returns the commands in the ```sh blocks of text, without prompts and
// comments. A continued line becomes one command.
func commands(text string) []string {
	var all []string
	for i, block := range strings.Split("\n"+text, "\n```") {
		body, isShell := strings.CutPrefix(block, "sh\n")
		if i%2 == 0 || !isShell {
			continue
		}
		for line := range strings.Lines(strings.ReplaceAll(body, "\\\n", " ")) {
			line, _, _ = strings.Cut(line, " #")
			line = strings.Join(strings.Fields(strings.TrimPrefix(line, "$ ")), " ")
			if line != "" && !strings.HasPrefix(line, "#") {
				all = append(all, line)
			}
		}
	}
	return all
}

func TestCommandsAreFoundInShellBlocks(t *testing.T) {
	got := commands("x\n```sh\n$ a b # why\n# no\nc \\\n  d\n```\n```go\ne\n```\n```sh\nf\n```\n")
	if want := "a b|c d|f"; strings.Join(got, "|") != want {
		t.Errorf("found the commands %q, want %q", got, want)
	}
}
