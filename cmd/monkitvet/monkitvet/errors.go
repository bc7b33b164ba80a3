package monkitvet

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
)

// checkErrors finds runs that do not see the error that their function
// returns.
func (v *vet) checkErrors() {
	for c := range v.files.Preorder((*ast.CallExpr)(nil)) {
		call := c.Node().(*ast.CallExpr)
		if v.step(call) != ends || len(call.Args) != 1 {
			continue
		}
		around := function(c)
		if !v.beganIn(around, call) {
			continue
		}
		if results := v.errorResults(around); len(results) > 0 {
			v.checkError(call.Args[0], around, results)
		}
	}
}

// beganIn reports whether the run that call ends is one of the function. Those
// of others are their business.
func (v *vet) beganIn(function ast.Node, call *ast.CallExpr) bool {
	opener := v.opener(call)
	return opener != nil && function != nil && function.Pos() <= opener.Pos() && opener.End() <= function.End()
}

// checkError looks at the argument of the last call in the function, which
// returns the errors results.
func (v *vet) checkError(arg ast.Expr, function ast.Node, results []*types.Var) {
	name := v.visible(results, arg.Pos())
	advice := "pass &" + name
	if name == "" {
		advice = v.advice(results)
	}
	if v.pass.TypesInfo.Types[arg].IsNil() {
		v.report(arg, "errors that the function returns are not counted; "+advice, "pass the error", replaced(arg, name)...)
		return
	}
	passed := v.addressed(arg)
	if passed == nil || slices.Contains(results, passed) {
		return
	}
	why := "is not the result of the function"
	switch {
	case !v.returnsOther(function, passed):
		return // it counts all the same
	case passed.Name() == lastName(results):
		why = "is declared anew, and hides the result"
	case v.isOnPurpose(passed, function):
		return
	}
	// No fix: it could leave a variable that nobody uses.
	v.report(arg, fmt.Sprintf("%s %s, so errors that it returns are not counted; %s", passed.Name(), why, advice), "")
}

func replaced(arg ast.Expr, name string) []analysis.TextEdit {
	if name == "" {
		return nil
	}
	return []analysis.TextEdit{{Pos: arg.Pos(), End: arg.End(), NewText: []byte("&" + name)}}
}

// isOnPurpose reports whether the function gives the variable values that it
// does not return: it has another error in mind for the run.
func (v *vet) isOnPurpose(variable *types.Var, function ast.Node) bool {
	assigned, returned := false, false
	ast.Inspect(function, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			assigned = assigned || slices.ContainsFunc(n.Lhs, func(to ast.Expr) bool { return v.variable(to) == variable })
		case *ast.ReturnStmt:
			returned = returned || v.mentions(n, variable)
		}
		return true
	})
	return assigned && !returned
}

func (v *vet) mentions(n ast.Node, variable *types.Var) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		name, ok := n.(*ast.Ident)
		found = found || ok && v.pass.TypesInfo.Uses[name] == variable
		return !found
	})
	return found
}

// addressed is the variable whose address arg is, nil if it is none, or a
// field.
func (v *vet) addressed(arg ast.Expr) *types.Var {
	address, ok := unparen(arg).(*ast.UnaryExpr)
	if !ok || address.Op != token.AND {
		return nil
	}
	return v.named(address.X)
}

// errorResults are those results of the function that are errors.
func (v *vet) errorResults(function ast.Node) (errors []*types.Var) {
	sig := v.signature(function)
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

// signature is that of the function, nil if there is no function.
func (v *vet) signature(function ast.Node) (sig *types.Signature) {
	switch f := function.(type) {
	case *ast.FuncDecl:
		if declared, ok := v.pass.TypesInfo.Defs[f.Name].(*types.Func); ok {
			sig = declared.Signature()
		}
	case *ast.FuncLit:
		sig, _ = v.pass.TypesInfo.TypeOf(f).(*types.Signature)
	}
	return sig
}

// visible is the name by which the last of results is known at pos, "" if
// there is none.
func (v *vet) visible(results []*types.Var, pos token.Pos) string {
	name := lastName(results)
	if name == "" {
		return ""
	}
	if _, found := v.pass.Pkg.Scope().Innermost(pos).LookupParent(name, pos); found != results[len(results)-1] {
		return ""
	}
	return name
}

// lastName is the name of the last of results, "" if it has none.
func lastName(results []*types.Var) string {
	if name := results[len(results)-1].Name(); name != "_" {
		return name
	}
	return ""
}

// advice is what to do where the result cannot be passed.
func (v *vet) advice(results []*types.Var) string {
	if name := lastName(results); name != "" {
		return "rename one of the two " + name
	}
	return "name the result, as in (err error), and pass &err"
}
