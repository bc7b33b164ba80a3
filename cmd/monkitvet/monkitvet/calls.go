package monkitvet

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// A callKind is the part of a measurement that a call is:
//
//	mon.Task()(&ctx)(&err)           makesTask, startsRun, endsRun
//	mon.Start(&ctx).Finish(&err)     startsSpan, endsRun
type callKind int

const (
	otherCall  callKind = iota
	makesTask           // returns a Task
	startsRun           // starts a run and returns the function that ends it
	startsSpan          // starts a run and returns its Span, whose Finish ends it
	endsRun
)

func (c *checker) kind(call *ast.CallExpr) callKind {
	if isNamed(c.pass.TypesInfo.TypeOf(call.Fun), "Task") && !c.pass.TypesInfo.Types[call.Fun].IsType() {
		return startsRun
	}
	if c.startOf(call) != nil {
		return endsRun
	}
	f := typeutil.StaticCallee(c.pass.TypesInfo, call)
	if f == nil || !isMonkit(f.Pkg()) {
		return otherCall
	}
	results := f.Signature().Results()
	switch {
	case isMethod(f, "Scope", "Start"):
		return startsSpan
	case results.Len() != 1:
		return otherCall
	case isNamed(results.At(0).Type(), "Task"):
		return makesTask
	case isFinishFunc(results.At(0).Type()):
		return startsRun
	}
	return otherCall
}

// startOf returns the call that started the run which call ends. It finds that
// call in the same expression or in the one assignment to a variable, and
// returns nil if it finds none or if call does not end a run.
func (c *checker) startOf(call *ast.CallExpr) *ast.CallExpr {
	before := unparen(call.Fun)
	if sel, ok := before.(*ast.SelectorExpr); ok && isMethod(typeutil.StaticCallee(c.pass.TypesInfo, call), "Span", "Finish") {
		before = unparen(sel.X)
	}
	start, ok := before.(*ast.CallExpr)
	if !ok {
		start = c.onlyAssigned(before)
	}
	if start == nil {
		return nil
	}
	if kind := c.kind(start); kind != startsRun && kind != startsSpan {
		return nil
	}
	return start
}

// onlyAssigned returns the call whose result is the only value that the
// variable e ever gets, or nil. It looks at variables that hold the end of a
// run, no others: their types rule out that a variable is assigned a call of
// itself, on which kind would recurse without end.
func (c *checker) onlyAssigned(e ast.Expr) *ast.CallExpr {
	variable := c.variable(e)
	if variable == nil || !isFinishFunc(variable.Type()) && !isNamed(deref(variable.Type()), "Span") {
		return nil
	}
	if a := c.assigned[variable]; a.count == 1 {
		return a.call
	}
	return nil
}

// isMonkit reports whether p is one of the two packages whose uses are checked.
func isMonkit(p *types.Package) bool {
	return p != nil && (p.Path() == "monkit.example/monkit" || p.Path() == "github.com/spacemonkeygo/monkit/v3")
}

// isNamed reports whether t is the type of monkit with the name.
func isNamed(t types.Type, name string) bool {
	if t == nil {
		return false
	}
	named, ok := types.Unalias(t).(*types.Named)
	return ok && isMonkit(named.Obj().Pkg()) && named.Obj().Name() == name
}

// isMethod reports whether f is the method of monkit's type with the name.
func isMethod(f *types.Func, typeName, name string) bool {
	if f == nil || f.Name() != name {
		return false
	}
	recv := f.Signature().Recv()
	return recv != nil && isNamed(deref(recv.Type()), typeName)
}

func deref(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// isFinishFunc reports whether t is func(*error).
func isFinishFunc(t types.Type) bool {
	sig, ok := types.Unalias(t).(*types.Signature)
	if !ok || sig.Params().Len() != 1 || sig.Results().Len() != 0 {
		return false
	}
	arg, ok := types.Unalias(sig.Params().At(0).Type()).(*types.Pointer)
	return ok && isError(arg.Elem())
}

func isError(t types.Type) bool {
	return types.Identical(t, types.Universe.Lookup("error").Type())
}
