package monkitvet

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
)

// checkErrors finds runs that do not get the error that their function
// returns.
func (c *checker) checkErrors() {
	for cur := range c.files.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if c.kind(call) != endsRun {
			continue
		}
		function := enclosingFunction(cur)
		if !c.startedIn(function, call) {
			continue
		}
		if results := c.errorResults(function); len(results) > 0 {
			c.checkError(call.Args[0], function, results)
		}
	}
}

// startedIn reports whether the run that call ends was started in function. A
// literal may end the run of the function around it, whose error is another
// one.
func (c *checker) startedIn(function ast.Node, call *ast.CallExpr) bool {
	start := c.startOf(call)
	return start != nil && function != nil && function.Pos() <= start.Pos() && start.End() <= function.End()
}

// checkError checks the argument of the call that ends a run of function.
// results are the errors that function returns.
func (c *checker) checkError(arg ast.Expr, function ast.Node, results []*types.Var) {
	name := c.visibleName(results, arg.Pos())
	advice := "pass &" + name
	if name == "" {
		advice = c.nameAdvice(results)
	}
	if c.pass.TypesInfo.Types[arg].IsNil() {
		c.report(arg, "the run gets nil, so errors that the function returns are not counted; "+advice,
			"pass the error", replacement(arg, name)...)
		return
	}
	passed := c.addressedVariable(arg)
	if passed == nil || slices.Contains(results, passed) || !c.returnsOther(function, passed) {
		return
	}
	problem := "is not the result"
	if passed.Name() == resultName(results) {
		problem = "shadows the result"
	} else if c.isIntended(passed, function) {
		return
	}
	// There is no fix, because it could leave a variable that is not used.
	c.report(arg, fmt.Sprintf("%s %s, so errors that the function returns are not counted; %s", passed.Name(), problem, advice), "")
}

// replacement returns the edit that passes &name, or none if name is "".
func replacement(arg ast.Expr, name string) []analysis.TextEdit {
	if name == "" {
		return nil
	}
	return []analysis.TextEdit{{Pos: arg.Pos(), End: arg.End(), NewText: []byte("&" + name)}}
}

// isIntended reports whether function assigns to the variable and never
// returns it. Such a function counts other errors than those it returns.
func (c *checker) isIntended(variable *types.Var, function ast.Node) bool {
	assigned, returned := false, false
	ast.Inspect(function, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			assigned = assigned || slices.ContainsFunc(n.Lhs, func(to ast.Expr) bool { return c.variable(to) == variable })
		case *ast.ReturnStmt:
			returned = returned || c.mentions(n, variable)
		}
		return true
	})
	return assigned && !returned
}

func (c *checker) mentions(n ast.Node, variable *types.Var) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		name, ok := n.(*ast.Ident)
		found = found || ok && c.pass.TypesInfo.Uses[name] == variable
		return !found
	})
	return found
}

// addressedVariable returns the variable in &variable. It returns nil if arg is
// another expression, such as the address of a field.
func (c *checker) addressedVariable(arg ast.Expr) *types.Var {
	address, ok := unparen(arg).(*ast.UnaryExpr)
	if !ok || address.Op != token.AND {
		return nil
	}
	return c.namedVariable(address.X)
}

// errorResults returns the results of function that are errors.
func (c *checker) errorResults(function ast.Node) (errors []*types.Var) {
	sig := c.signature(function)
	if sig == nil {
		return nil
	}
	for result := range sig.Results().Variables() {
		if isError(result.Type()) {
			errors = append(errors, result)
		}
	}
	return errors
}

// signature returns the signature of function, or nil if function is nil.
func (c *checker) signature(function ast.Node) (sig *types.Signature) {
	switch f := function.(type) {
	case *ast.FuncDecl:
		if declared, ok := c.pass.TypesInfo.Defs[f.Name].(*types.Func); ok {
			sig = declared.Signature()
		}
	case *ast.FuncLit:
		sig, _ = c.pass.TypesInfo.TypeOf(f).(*types.Signature)
	}
	return sig
}

// visibleName returns the name of the last result, or "" if it has none or if
// the name means another variable at pos.
func (c *checker) visibleName(results []*types.Var, pos token.Pos) string {
	name := resultName(results)
	if name == "" {
		return ""
	}
	if _, found := c.pass.Pkg.Scope().Innermost(pos).LookupParent(name, pos); found != results[len(results)-1] {
		return ""
	}
	return name
}

// resultName returns the name of the last result, or "" if it has none.
func resultName(results []*types.Var) string {
	if name := results[len(results)-1].Name(); name != "_" {
		return name
	}
	return ""
}

// nameAdvice returns what to do if no name of the result is visible.
func (c *checker) nameAdvice(results []*types.Var) string {
	if name := resultName(results); name != "" {
		return fmt.Sprintf("rename the inner %s and pass &%[1]s", name)
	}
	return "name the result, as in (err error), and pass &err"
}
