package monkitvet

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
)

// Analyzer finds uses of monkit that measure nothing, or the wrong thing.
var Analyzer = &analysis.Analyzer{
	Name: "monkitvet",
	Doc: `find uses of monkit that measure nothing, or the wrong thing

A run is measured by two calls, of which the last is deferred:

	func Work(ctx context.Context) (err error) {
		defer mon.Task()(&ctx)(&err)

Reported are a last call that is missing or not deferred, one that gets nil or
the address of another variable where the function returns an error, and a
Task in a variable that several functions call.`,
	URL:      "https://pkg.go.dev/monkit.example/cmd/monkitvet/monkitvet",
	Requires: []*analysis.Analyzer{inspect.Analyzer},
	Run:      run,
}

func run(pass *analysis.Pass) (any, error) {
	v := vet{pass: pass, files: pass.ResultOf[inspect.Analyzer].(*inspector.Inspector).Root()}
	v.findValues()
	v.checkStatements()
	v.checkErrors()
	v.checkShared()
	return nil, nil
}

// vet is one package under examination.
type vet struct {
	pass   *analysis.Pass
	files  inspector.Cursor
	values map[*types.Var]value
}

// value is what a variable got.
type value struct {
	call  *ast.CallExpr // the last one, nil if it is something else
	times int
}

// findValues notes the calls whose results are kept in variables.
func (v *vet) findValues() {
	v.values = map[*types.Var]value{}
	for c := range v.files.Preorder((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil), (*ast.KeyValueExpr)(nil)) {
		switch n := c.Node().(type) {
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				v.keep(to, at(n.Lhs, n.Rhs, i))
			}
		case *ast.ValueSpec:
			for i, to := range n.Names {
				if len(n.Values) > 0 {
					v.keep(to, at(n.Names, n.Values, i))
				}
			}
		case *ast.KeyValueExpr:
			v.keep(n.Key, n.Value)
		}
	}
}

// at is the expression that the i-th variable gets, nil if it is one of
// several results.
func at[E any](to []E, from []ast.Expr, i int) ast.Expr {
	if len(to) != len(from) {
		return nil
	}
	return from[i]
}

func (v *vet) keep(to, from ast.Expr) {
	variable := v.variable(to)
	if variable == nil {
		return
	}
	call, _ := unparen(from).(*ast.CallExpr)
	v.values[variable] = value{call: call, times: v.values[variable].times + 1}
}

// variable is what e names: a variable or a field, nil if neither.
func (v *vet) variable(e ast.Expr) *types.Var {
	var name *ast.Ident
	switch e := unparen(e).(type) {
	case *ast.Ident:
		name = e
	case *ast.SelectorExpr:
		name = e.Sel
	default:
		return nil
	}
	variable, _ := v.pass.TypesInfo.ObjectOf(name).(*types.Var)
	return variable
}

// function is the innermost function declaration or literal around c, nil if
// there is none.
func function(c inspector.Cursor) ast.Node {
	for around := range c.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		return around.Node()
	}
	return nil
}

func unparen(e ast.Expr) ast.Expr {
	if e == nil {
		return nil
	}
	return ast.Unparen(e)
}

// report tells of what is wrong at n, with a fix if there are edits.
func (v *vet) report(n ast.Node, message, fix string, edits ...analysis.TextEdit) {
	d := analysis.Diagnostic{Pos: n.Pos(), End: n.End(), Message: message}
	if len(edits) > 0 {
		d.SuggestedFixes = []analysis.SuggestedFix{{Message: fix, TextEdits: edits}}
	}
	v.pass.Report(d)
}

func insert(pos token.Pos, text string) analysis.TextEdit {
	return analysis.TextEdit{Pos: pos, End: pos, NewText: []byte(text)}
}
