package policy

import (
	"regexp"
	"strings"
	"testing"
)

// A proof names what keeps a command of README.md true: a test function, in a
// file that must have it, or a target of the Makefile.
type proof struct {
	command string // as README has it, or the beginning of it when it ends in " …"
	file    string
	test    string
}

// proofs has a row for every command that README.md shows in a ```sh block.
var proofs = []proof{
	{"go run ./cmd/monkit-relay demo", "cmd/monkit-relay/demo_test.go", "TestDemo"},
	{"make …", "Makefile", ""},
	{"go run ./examples/vlite", "examples/vlite/main_test.go", "TestServesVideosAndDebugPages"},
	{"go build ./cmd/monkit-relay", "e2e/readme_test.go", "TestReadmeRelay"},
	{"./monkit-relay -h", "e2e/readme_test.go", "TestReadmeRelay"},
	{"./monkit-relay -listen …", "e2e/readme_test.go", "TestReadmeRelay"},
	{"go build ./cmd/monkitvet", "cmd/monkitvet/main_test.go", "TestReadme"},
	{"go vet -vettool=./monkitvet …", "cmd/monkitvet/main_test.go", "TestReadme"},
	{"go mod edit -replace=monkit.example=../monkit", "e2e/readme_test.go", "TestReadmeModule"},
	{"go mod edit …", "compat/internal/dropin/readme_test.go", "TestReadme"},
	{"go mod tidy", "compat/internal/dropin/readme_test.go", "TestReadme"},
}

func TestReadmeCommands(t *testing.T) {
	if !exists("README.md") {
		t.Fatal("there is no README.md")
	}
	for _, command := range commands(read(t, "README.md")) {
		p, ok := proofOf(command)
		if !ok {
			t.Errorf("README.md shows %q, which no test runs: write one, and a row in commands_test.go", command)
			continue
		}
		if why := p.broken(t, command); why != "" {
			t.Errorf("README.md shows %q: %s", command, why)
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

// broken is why p does not prove the command, or "".
func (p proof) broken(t *testing.T, command string) string {
	t.Helper()
	if !exists(p.file) {
		return p.file + " is not there"
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

// commands are the lines of the ```sh blocks: without prompts, comments and
// what is typed into other files, with continued lines in one.
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

func TestCommands(t *testing.T) {
	got := commands("x\n```sh\n$ a b # why\n# no\nc \\\n  d\n```\n```go\ne\n```\n```sh\nf\n```\n")
	if want := "a b|c d|f"; strings.Join(got, "|") != want {
		t.Errorf("commands are %q, want %q", got, want)
	}
}
