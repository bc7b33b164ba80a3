package monkitvet

import (
	"go/ast"
	"go/types"
)

// returnsOther reports whether function may return an error that is not in the
// variable. That is so if a return statement has neither the variable nor nil
// in the place of an error.
func (c *checker) returnsOther(function ast.Node, variable *types.Var) (other bool) {
	sig := c.signature(function)
	ast.Inspect(body(function), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false // returns from itself, not from function
		case *ast.ReturnStmt:
			other = other || c.isOther(n, sig, variable)
		}
		return !other
	})
	return other
}

func (c *checker) isOther(ret *ast.ReturnStmt, sig *types.Signature, variable *types.Var) bool {
	if len(ret.Results) != sig.Results().Len() {
		return true // a return of the named results, or of all results of a call
	}
	for i, e := range ret.Results {
		if isError(sig.Results().At(i).Type()) && !c.pass.TypesInfo.Types[e].IsNil() && c.namedVariable(e) != variable {
			return true
		}
	}
	return false
}

// namedVariable returns the variable that e is the name of, or nil if e is any
// other expression, such as a field.
func (c *checker) namedVariable(e ast.Expr) *types.Var {
	name, ok := unparen(e).(*ast.Ident)
	if !ok {
		return nil
	}
	return c.variable(name)
}

func body(function ast.Node) *ast.BlockStmt {
	switch f := function.(type) {
	case *ast.FuncDecl:
		return f.Body
	case *ast.FuncLit:
		return f.Body
	}
	return nil
}
