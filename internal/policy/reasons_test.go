package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestReadmeListsEveryReason compares the constants of reporters/ledger with
// the tables of README.md.
func TestReadmeListsEveryReason(t *testing.T) {
	listed := map[string]bool{}
	_, tables, _ := strings.Cut(read(t, "README.md"), "\n| reason |")
	tables, _, _ = strings.Cut(tables, "\n## ")
	for row := range strings.Lines(tables) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
		for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(cell, -1) {
			listed[m[1]] = true
		}
	}
	constants := reasons(t)
	if len(constants) < 10 {
		t.Fatalf("found %q in reporters/ledger", constants)
	}
	for _, reason := range constants {
		if !listed[reason] {
			t.Errorf("README.md does not list the reason %q", reason)
		}
		delete(listed, reason)
	}
	for reason := range listed {
		t.Errorf("README.md lists the reason %q, which reporters/ledger does not have", reason)
	}
}

// reasons returns the values of the constants of type ledger.Reason.
func reasons(t *testing.T) (all []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "reporters/ledger/reason.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Reason" {
			for _, v := range spec.Values {
				value, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, value)
			}
		}
		return true
	})
	return all
}

// bareReason is a reason written as a string where the constant should stand.
var bareReason = regexp.MustCompile(`(?:Drop|Reject|Count|Dropped\[|Rejected\[)\(?"([a-z_]+)"`)

// TestReasonsAreConstants holds that code drops and rejects by the constants.
func TestReasonsAreConstants(t *testing.T) {
	eachGoFile(t, func(path string) {
		if strings.HasPrefix(path, "internal/policy/") {
			return
		}
		for _, m := range bareReason.FindAllStringSubmatch(read(t, path), -1) {
			t.Errorf("%s: write the constant of reporters/ledger instead of %q", path, m[1])
		}
	})
}
