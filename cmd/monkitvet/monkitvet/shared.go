package monkitvet

import (
	"fmt"
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// checkShared finds Tasks in variables that several functions call.
func (v *vet) checkShared() {
	first := map[*types.Var]user{}
	for c := range v.files.Preorder((*ast.CallExpr)(nil)) {
		call := c.Node().(*ast.CallExpr)
		task := v.variable(call.Fun)
		if task == nil || !v.isNamedByItsCaller(task) {
			continue
		}
		this := user{function(c)}
		if _, known := first[task]; !known {
			first[task] = this
		}
		if first[task] != this {
			v.report(call, fmt.Sprintf("the Task %s is called by %s too, and counts for whichever is first; "+
				"give each function a Task of its own, or use TaskNamed", task.Name(), first[task]), "")
		}
	}
}

// user is a function that calls a Task.
type user struct{ ast.Node }

func (u user) String() string {
	if declared, ok := u.Node.(*ast.FuncDecl); ok {
		return declared.Name.Name
	}
	return "another function"
}

// isNamedByItsCaller reports whether the variable has a Task of Scope.Task,
// and never another one.
func (v *vet) isNamedByItsCaller(task *types.Var) bool {
	got := v.values[task]
	return got.call != nil && got.times == 1 && isNamed(task.Type(), "Task") &&
		isMethod(typeutil.StaticCallee(v.pass.TypesInfo, got.call), "Scope", "Task")
}
