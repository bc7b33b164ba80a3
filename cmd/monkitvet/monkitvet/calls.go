package monkitvet

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// A step is what a call does of
//
//	mon.Task()(&ctx)(&err)
//	mon.Start(&ctx).Finish(&err)
type step int

const (
	other     step = iota
	makes          // returns a Task
	opens          // begins a run, and returns the function that ends it
	opensSpan      // begins a run, and returns its Span, which ends it
	ends
)

// step is what call does.
func (v *vet) step(call *ast.CallExpr) step {
	if isNamed(v.pass.TypesInfo.TypeOf(call.Fun), "Task") && !v.pass.TypesInfo.Types[call.Fun].IsType() {
		return opens
	}
	if opener := v.opener(call); opener != nil {
		return ends
	}
	f := typeutil.StaticCallee(v.pass.TypesInfo, call)
	if f == nil || !isMonkit(f.Pkg()) {
		return other
	}
	results := f.Signature().Results()
	switch {
	case isMethod(f, "Span", "Finish"):
		return ends
	case isMethod(f, "Scope", "Start"):
		return opensSpan
	case results.Len() != 1:
		return other
	case isNamed(results.At(0).Type(), "Task"):
		return makes
	case isFinisher(results.At(0).Type()):
		return opens
	}
	return other
}

// opener is the call that began the run that call ends, as far as one can
// see: before it in the same expression, or kept in a variable. It is nil if
// call does not end a run.
func (v *vet) opener(call *ast.CallExpr) *ast.CallExpr {
	before := unparen(call.Fun)
	want := opens
	if sel, ok := before.(*ast.SelectorExpr); ok && isMethod(typeutil.StaticCallee(v.pass.TypesInfo, call), "Span", "Finish") {
		before, want = unparen(sel.X), opensSpan
	}
	opener, ok := before.(*ast.CallExpr)
	if !ok {
		if opener, ok = v.kept(before); !ok {
			return nil
		}
	}
	if v.step(opener) != want {
		return nil
	}
	return opener
}

// kept is the call whose result the variable e has, if that is all it ever
// gets.
func (v *vet) kept(e ast.Expr) (*ast.CallExpr, bool) {
	variable := v.variable(e)
	if variable == nil {
		return nil, false
	}
	if t := variable.Type(); !isFinisher(t) && !isNamed(deref(t), "Span") {
		return nil, false // what a variable of another type has is of no interest, and may be itself
	}
	got := v.values[variable]
	return got.call, got.call != nil && got.times == 1
}

// isMonkit reports whether p is one of those whose use is checked.
func isMonkit(p *types.Package) bool {
	return p != nil && (p.Path() == "monkit.example/monkit" || p.Path() == "github.com/spacemonkeygo/monkit/v3")
}

func isNamed(t types.Type, name string) bool {
	if t == nil {
		return false
	}
	named, ok := types.Unalias(t).(*types.Named)
	return ok && isMonkit(named.Obj().Pkg()) && named.Obj().Name() == name
}

func isMethod(f *types.Func, of, name string) bool {
	if f == nil || f.Name() != name {
		return false
	}
	recv := f.Signature().Recv()
	return recv != nil && isNamed(deref(recv.Type()), of)
}

func deref(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// isFinisher reports whether t is func(*error).
func isFinisher(t types.Type) bool {
	sig, ok := types.Unalias(t).(*types.Signature)
	return ok && sig.Params().Len() == 1 && sig.Results().Len() == 0 && !sig.Variadic() &&
		isError(deref(sig.Params().At(0).Type()))
}

func isError(t types.Type) bool {
	return types.Identical(t, types.Universe.Lookup("error").Type())
}
