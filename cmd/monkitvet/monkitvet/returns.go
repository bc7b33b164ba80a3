package monkitvet

import (
	"go/ast"
	"go/types"
)

// returnsOther reports whether the function may return an error that is not
// in the variable: one of its returns has another expression for it than the
// variable or nil.
func (v *vet) returnsOther(function ast.Node, variable *types.Var) (other bool) {
	sig := v.signature(function)
	ast.Inspect(body(function), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false // its returns are not those of the function
		case *ast.ReturnStmt:
			other = other || v.isOther(n, sig, variable)
		}
		return !other
	})
	return other
}

func (v *vet) isOther(ret *ast.ReturnStmt, sig *types.Signature, variable *types.Var) bool {
	if len(ret.Results) != sig.Results().Len() {
		return true // named results, or those of a call
	}
	for i, e := range ret.Results {
		if isError(sig.Results().At(i).Type()) && !v.pass.TypesInfo.Types[e].IsNil() && v.named(e) != variable {
			return true
		}
	}
	return false
}

// named is the variable that e is the name of, nil if e is anything else.
func (v *vet) named(e ast.Expr) *types.Var {
	name, ok := unparen(e).(*ast.Ident)
	if !ok {
		return nil
	}
	return v.variable(name)
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
