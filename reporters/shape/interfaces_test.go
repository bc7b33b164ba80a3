package shape_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A collector asks its reporters for optional interfaces. One that expose does
// not pass through would be hidden by every shape.
func TestEveryInterfaceThatACollectorAsksForIsPassedThrough(t *testing.T) {
	known := []string{"ledger.Keeper", "monkit.StatSource", "monkit.TotalSource", "reporters.Availability", "reporters.Logging", "reporters.Named", "reporters.PartReporter"}
	files, err := filepath.Glob("../../collect/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if a, ok := n.(*ast.TypeAssertExpr); ok && isReporter(a.X) {
				found[types.ExprString(a.Type)] = true
			}
			return true
		})
	}
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, known) {
		t.Errorf("a collector asks for %q; this test and expose know %q", got, known)
	}
}

// isReporter reports whether e is a variable or field rep.
func isReporter(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "rep"
	case *ast.SelectorExpr:
		return e.Sel.Name == "rep"
	}
	return false
}
