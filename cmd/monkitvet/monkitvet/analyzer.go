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
the address of another variable although the function returns an error, a Task
in a variable that several functions call, a goroutine whose run shares ctx or
err with the function around it, and a call such as log.Fatal after a deferred
Close of a collector.`,
	URL:      "https://pkg.go.dev/monkit.example/cmd/monkitvet/monkitvet",
	Requires: []*analysis.Analyzer{inspect.Analyzer},
	Run:      run,
}

func run(pass *analysis.Pass) (any, error) {
	c := checker{pass: pass, files: pass.ResultOf[inspect.Analyzer].(*inspector.Inspector).Root()}
	c.findAssignments()
	c.checkStatements()
	c.checkErrors()
	c.checkSharedTasks()
	c.checkGoroutines()
	c.checkExits()
	return nil, nil
}

// checker checks one package.
type checker struct {
	pass     *analysis.Pass
	files    inspector.Cursor
	assigned map[*types.Var]assignment
}

// assignment describes all assignments to one variable.
type assignment struct {
	call  *ast.CallExpr // the last assigned value if it is a call, otherwise nil
	count int
}

// findAssignments records for each variable the call whose result it has.
func (c *checker) findAssignments() {
	c.assigned = map[*types.Var]assignment{}
	for cur := range c.files.Preorder((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil), (*ast.KeyValueExpr)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				c.recordAssignment(to, assignedExpr(n.Lhs, n.Rhs, i))
			}
		case *ast.ValueSpec:
			for i, to := range n.Names {
				if len(n.Values) > 0 {
					c.recordAssignment(to, assignedExpr(n.Names, n.Values, i))
				}
			}
		case *ast.KeyValueExpr:
			c.recordAssignment(n.Key, n.Value)
		}
	}
}

// assignedExpr returns the expression that is assigned to the i-th variable,
// or nil if the variable gets one of several results of a call.
func assignedExpr[E any](to []E, from []ast.Expr, i int) ast.Expr {
	if len(to) != len(from) {
		return nil
	}
	return from[i]
}

func (c *checker) recordAssignment(to, from ast.Expr) {
	variable := c.variable(to)
	if variable == nil {
		return
	}
	call, _ := unparen(from).(*ast.CallExpr)
	c.assigned[variable] = assignment{call: call, count: c.assigned[variable].count + 1}
}

// variable returns the variable or field that e names, or nil.
func (c *checker) variable(e ast.Expr) *types.Var {
	var name *ast.Ident
	switch e := unparen(e).(type) {
	case *ast.Ident:
		name = e
	case *ast.SelectorExpr:
		name = e.Sel
	default:
		return nil
	}
	variable, _ := c.pass.TypesInfo.ObjectOf(name).(*types.Var)
	return variable
}

// enclosingFunction returns the innermost function declaration or literal
// around cur, or nil.
func enclosingFunction(cur inspector.Cursor) ast.Node {
	for around := range cur.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
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

// report reports a finding at n, with a fix if there are edits.
func (c *checker) report(n ast.Node, message, fix string, edits ...analysis.TextEdit) {
	d := analysis.Diagnostic{Pos: n.Pos(), End: n.End(), Message: message}
	if len(edits) > 0 {
		d.SuggestedFixes = []analysis.SuggestedFix{{Message: fix, TextEdits: edits}}
	}
	c.pass.Report(d)
}

func insert(pos token.Pos, text string) analysis.TextEdit {
	return analysis.TextEdit{Pos: pos, End: pos, NewText: []byte(text)}
}
