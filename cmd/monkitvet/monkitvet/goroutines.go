package monkitvet

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
)

// checkGoroutines finds runs in goroutines that share the context or the error of the
// function around. A run writes its context into the variable that it gets, and reads
// its error from the other one at its end.
func (c *checker) checkGoroutines() {
	for cur := range c.files.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if len(call.Args) == 0 {
			continue
		}
		switch kind := c.kind(call); {
		case kind == startsRun || kind == startsSpan:
			c.checkShared(cur, call.Args[0], "so that the run of the goroutine overwrites it: a data race; "+
				"copy it before, as in ctx := ctx, or pass it to the goroutine")
		case kind == endsRun && len(c.errorResults(enclosingFunction(cur))) == 0: // else checkErrors checks it
			c.checkShared(cur, call.Args[0], "so that the run of the goroutine ends with the error of another: a data race; "+
				"pass the address of a variable of the goroutine, or nil")
		}
	}
}

// checkShared checks the argument &variable of the call at cur.
func (c *checker) checkShared(cur inspector.Cursor, arg ast.Expr, consequence string) {
	variable := c.addressedVariable(arg)
	if variable == nil {
		return
	}
	for literal := range cur.Enclosing((*ast.FuncLit)(nil)) {
		if contains(literal.Node(), variable.Pos()) {
			return // the variable is that of a goroutine, or of a call inside of one
		}
		for _, start := range c.goroutinesOf(literal) {
			if c.isUsedBeside(variable, literal, start) {
				c.report(arg, fmt.Sprintf("the goroutine shares %s with the function around it, %s", variable.Name(), consequence), "")
				return
			}
		}
	}
}

func contains(n ast.Node, pos token.Pos) bool { return n.Pos() <= pos && pos < n.End() }

// goroutinesOf returns the statements and calls that run literal in a goroutine of its
// own: where it stands, or where the variable is used that it is assigned to.
func (c *checker) goroutinesOf(literal inspector.Cursor) (starts []inspector.Cursor) {
	parent := literal.Parent()
	var holder ast.Expr
	switch n := parent.Node().(type) {
	case *ast.CallExpr:
		if start, ok := goStatement(literal); ok {
			return []inspector.Cursor{start}
		}
		if n.Fun != literal.Node() && runsConcurrently(n) {
			return []inspector.Cursor{parent}
		}
		return nil
	case *ast.AssignStmt:
		if len(n.Lhs) == len(n.Rhs) {
			holder = n.Lhs[literal.ParentEdgeIndex()]
		}
	case *ast.ValueSpec:
		if len(n.Names) == len(n.Values) {
			holder = n.Names[literal.ParentEdgeIndex()]
		}
	}
	variable := c.variable(holder)
	if variable == nil {
		return nil
	}
	for use := range c.function(literal).Preorder((*ast.Ident)(nil)) {
		if c.pass.TypesInfo.Uses[use.Node().(*ast.Ident)] != variable {
			continue
		}
		if start, ok := goStatement(use); ok {
			starts = append(starts, start)
		} else if call, ok := use.Parent().Node().(*ast.CallExpr); ok && call.Fun != use.Node() && runsConcurrently(call) {
			starts = append(starts, use.Parent())
		}
	}
	return starts
}

// goStatement returns the go statement that calls the function at cur, if there is one.
func goStatement(cur inspector.Cursor) (inspector.Cursor, bool) {
	call, ok := cur.Parent().Node().(*ast.CallExpr)
	if !ok || call.Fun != cur.Node() {
		return inspector.Cursor{}, false
	}
	start := cur.Parent().Parent()
	_, ok = start.Node().(*ast.GoStmt)
	return start, ok
}

// runsConcurrently reports whether call runs a function that it gets in a goroutine, as
// errgroup.Group.Go, sync.WaitGroup.Go and time.AfterFunc do.
func runsConcurrently(call *ast.CallExpr) bool {
	sel, ok := unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	switch sel.Sel.Name {
	case "Go", "TryGo", "AfterFunc":
		return true
	}
	return false
}

// isUsedBeside reports whether the variable, which is declared outside of literal, is
// used while the goroutine that start starts runs: by another such goroutine, or by the
// function around after start and before it waits.
func (c *checker) isUsedBeside(variable *types.Var, literal, start inspector.Cursor) bool {
	function := c.declaring(literal, variable)
	waits := c.waitsIn(function, literal, start)
	for loop := range start.Enclosing((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil)) {
		n := loop.Node()
		if contains(n, variable.Pos()) || !contains(function.Node(), n.Pos()) {
			break
		}
		if !waits.within(start.Node().End(), n.End()) {
			return true
		}
	}
	for use := range function.Preorder((*ast.Ident)(nil), (*ast.ReturnStmt)(nil)) {
		at := use.Node().Pos()
		if contains(literal.Node(), at) || at < start.Node().End() {
			continue
		}
		switch n := use.Node().(type) {
		case *ast.Ident:
			if c.pass.TypesInfo.Uses[n] != variable {
				continue
			}
		case *ast.ReturnStmt:
			if c.function(use) != function || !c.isResult(function.Node(), variable) {
				continue
			}
			at = n.End() // what is returned is evaluated before
		}
		if !waits.within(start.Node().End(), at) {
			return true
		}
	}
	return false
}

// declaring returns the innermost function around literal that has the variable, or the
// outermost function if the variable is one of the package.
func (c *checker) declaring(literal inspector.Cursor, variable *types.Var) (function inspector.Cursor) {
	for around := range literal.Parent().Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		function = around
		if contains(around.Node(), variable.Pos()) {
			break
		}
	}
	return function
}

// isResult reports whether the variable is a result of function.
func (c *checker) isResult(function ast.Node, variable *types.Var) bool {
	sig := c.signature(function)
	if sig == nil {
		return false
	}
	for result := range sig.Results().Variables() {
		if result == variable {
			return true
		}
	}
	return false
}

// waits are the places at which a function waits for goroutines.
type waits []token.Pos

func (w waits) within(from, to token.Pos) bool {
	for _, pos := range w {
		if from <= pos && pos < to {
			return true
		}
	}
	return false
}

// waitsIn returns where function, outside of literal, calls a method Wait or receives
// from a channel that is not that of a context.
func (c *checker) waitsIn(function, literal, start inspector.Cursor) (found waits) {
	for cur := range function.Preorder((*ast.CallExpr)(nil), (*ast.UnaryExpr)(nil), (*ast.RangeStmt)(nil)) {
		n := cur.Node()
		if n.Pos() < start.Node().End() || contains(literal.Node(), n.Pos()) || c.function(cur) != c.function(start) {
			continue
		}
		switch n := n.(type) {
		case *ast.CallExpr:
			if sel, ok := unparen(n.Fun).(*ast.SelectorExpr); ok && sel.Sel.Name == "Wait" && !isDeferred(cur) {
				found = append(found, n.Pos())
			}
		case *ast.UnaryExpr:
			if _, done := unparen(n.X).(*ast.CallExpr); n.Op == token.ARROW && !done {
				found = append(found, n.Pos())
			}
		case *ast.RangeStmt:
			if _, ok := types.Unalias(c.pass.TypesInfo.TypeOf(n.X)).Underlying().(*types.Chan); ok {
				found = append(found, n.Pos())
			}
		}
	}
	return found
}

func isDeferred(call inspector.Cursor) bool {
	_, ok := call.Parent().Node().(*ast.DeferStmt)
	return ok
}
