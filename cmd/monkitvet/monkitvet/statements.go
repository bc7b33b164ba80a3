package monkitvet

import (
	"go/ast"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

const (
	useTask  = "write defer mon.Task()(&ctx)(&err)"
	useStart = "write defer mon.Start(&ctx).Finish(&err)"

	taskNotCalled = "the Task is not called, so nothing is measured; " + useTask
)

// checkStatements finds runs that never end, and runs that end at once.
func (c *checker) checkStatements() {
	for cur := range c.files.Preorder((*ast.DeferStmt)(nil), (*ast.ExprStmt)(nil), (*ast.AssignStmt)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.DeferStmt:
			c.checkDeferred(cur, n.Call)
		case *ast.ExprStmt:
			if call, ok := unparen(n.X).(*ast.CallExpr); ok {
				c.checkDiscarded(cur, call)
			}
		case *ast.AssignStmt:
			if call, ok := unparen(n.Rhs[0]).(*ast.CallExpr); ok && len(n.Rhs) == 1 && isBlank(n.Lhs[0]) {
				c.checkDiscarded(cur, call)
			}
		}
	}
}

func isBlank(e ast.Expr) bool {
	name, ok := e.(*ast.Ident)
	return ok && name.Name == "_"
}

// checkDeferred checks a call that is deferred.
func (c *checker) checkDeferred(cur inspector.Cursor, call *ast.CallExpr) {
	const consequence = " is missing, so the run begins when the function returns and never ends; "
	switch c.kind(call) {
	case makesTask:
		c.report(call, taskNotCalled, "")
	case startsRun:
		advice, edits := c.lastCall(cur, call, "(", ")")
		c.report(call, "the last call"+consequence+advice, "add the last call", edits...)
	case startsSpan:
		advice, edits := c.lastCall(cur, call, ".Finish(", ")")
		c.report(call, "Finish"+consequence+advice, "add Finish", edits...)
	}
}

// lastCall returns the advice, and the edit if it is clear which error to pass,
// to end the run that call starts by adding open, the error and end to it.
func (c *checker) lastCall(cur inspector.Cursor, call *ast.CallExpr, open, end string) (advice string, edits []analysis.TextEdit) {
	arg := "nil"
	if results := c.errorResults(enclosingFunction(cur)); len(results) > 0 {
		name := c.visibleName(results, call.End())
		if name == "" {
			return c.nameAdvice(results), nil
		}
		arg = "&" + name
	}
	text := open + arg + end
	return "add " + text, []analysis.TextEdit{insert(call.End(), text)}
}

// checkDiscarded checks a call that is a statement by itself, or whose result
// is assigned to _.
func (c *checker) checkDiscarded(statement inspector.Cursor, call *ast.CallExpr) {
	switch c.kind(call) {
	case makesTask:
		c.report(call, taskNotCalled, "")
	case startsRun:
		c.report(call, "the last call is missing, so the run never ends; "+useTask, "")
	case startsSpan:
		c.report(call, "Finish is missing, so the run never ends; "+useStart, "")
	case endsRun:
		if c.isOwnRun(call) {
			var fix []analysis.TextEdit
			if _, inBlock := statement.Parent().Node().(*ast.BlockStmt); inBlock {
				fix = append(fix, insert(call.Pos(), "defer "))
			}
			c.report(call, "the run ends at once; defer the last call", "defer the last call", fix...)
		}
	}
}

// isOwnRun reports whether call ends, in one expression, a run that has the
// name of the function around it. A run of a named Func may be intended to
// count an event, which takes no time.
func (c *checker) isOwnRun(call *ast.CallExpr) bool {
	start := c.startOf(call)
	if start == nil || start.Pos() != call.Pos() {
		return false
	}
	if c.kind(start) == startsSpan {
		return true
	}
	maker, ok := unparen(start.Fun).(*ast.CallExpr)
	return ok && isMethod(typeutil.StaticCallee(c.pass.TypesInfo, maker), "Scope", "Task")
}
