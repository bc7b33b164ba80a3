package monkitvet

import (
	"go/ast"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

// checkStatements finds runs that never end, or at once.
func (v *vet) checkStatements() {
	for c := range v.files.Preorder((*ast.DeferStmt)(nil), (*ast.ExprStmt)(nil), (*ast.AssignStmt)(nil)) {
		switch n := c.Node().(type) {
		case *ast.DeferStmt:
			v.checkDeferred(c, n.Call)
		case *ast.ExprStmt:
			if call, ok := unparen(n.X).(*ast.CallExpr); ok {
				v.checkDropped(c, call)
			}
		case *ast.AssignStmt:
			if call, ok := unparen(n.Rhs[0]).(*ast.CallExpr); ok && len(n.Rhs) == 1 && isBlank(n.Lhs[0]) {
				v.checkDropped(c, call)
			}
		}
	}
}

func isBlank(e ast.Expr) bool {
	name, ok := e.(*ast.Ident)
	return ok && name.Name == "_"
}

func (v *vet) checkDeferred(c inspector.Cursor, call *ast.CallExpr) {
	switch v.step(call) {
	case makes:
		v.report(call, "makes a Task and does not call it, so nothing is measured; write defer mon.Task()(&ctx)(&err)", "")
	case opens:
		v.report(call, "the last call is missing: the run begins when the function returns, and never ends",
			"add the last call", v.lastCall(c, call, "(", ")")...)
	case opensSpan:
		v.report(call, "Finish is missing: the run begins when the function returns, and never ends",
			"add Finish", v.lastCall(c, call, ".Finish(", ")")...)
	}
}

// lastCall adds what ends the run that call begins, if it is clear with which
// error.
func (v *vet) lastCall(c inspector.Cursor, call *ast.CallExpr, open, shut string) []analysis.TextEdit {
	results := v.errorResults(function(c))
	if len(results) == 0 {
		return []analysis.TextEdit{insert(call.End(), open+"nil"+shut)}
	}
	name := v.visible(results, call.End())
	if name == "" {
		return nil
	}
	return []analysis.TextEdit{insert(call.End(), open+"&"+name+shut)}
}

// checkDropped looks at calls whose result, if any, nobody gets.
func (v *vet) checkDropped(statement inspector.Cursor, call *ast.CallExpr) {
	switch v.step(call) {
	case makes:
		v.report(call, "makes a Task and does not call it, so nothing is measured; write defer mon.Task()(&ctx)(&err)", "")
	case opens, opensSpan:
		v.report(call, "the run never ends: its last call is missing; write defer mon.Task()(&ctx)(&err)", "")
	case ends:
		if v.isOfTheCaller(call) {
			var fix []analysis.TextEdit
			if _, inBlock := statement.Parent().Node().(*ast.BlockStmt); inBlock {
				fix = append(fix, insert(call.Pos(), "defer "))
			}
			v.report(call, "the run ends at once; defer it", "defer the last call", fix...)
		}
	}
}

// isOfTheCaller reports whether call ends, in one expression, a run of the
// function that it is in. Those of a Func may be meant as marks, with times of
// nothing.
func (v *vet) isOfTheCaller(call *ast.CallExpr) bool {
	opener := v.opener(call)
	if opener == nil || opener.Pos() != call.Pos() {
		return false
	}
	if v.step(opener) == opensSpan {
		return true
	}
	maker, ok := unparen(opener.Fun).(*ast.CallExpr)
	return ok && isMethod(typeutil.StaticCallee(v.pass.TypesInfo, maker), "Scope", "Task")
}
