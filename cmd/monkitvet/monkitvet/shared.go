package monkitvet

import (
	"fmt"
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// checkSharedTasks finds Tasks in variables that several functions call.
func (c *checker) checkSharedTasks() {
	first := map[*types.Var]taskCaller{}
	for cur := range c.files.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		task := c.variable(call.Fun)
		if task == nil || !c.isNamedByCaller(task) {
			continue
		}
		caller := taskCaller{enclosingFunction(cur)}
		if _, known := first[task]; !known {
			first[task] = caller
		}
		if first[task] != caller {
			c.report(call, fmt.Sprintf("%s calls the Task %s too, so both functions are counted under the name of the one "+
				"that runs first; give each function its own Task, or use TaskNamed", first[task], task.Name()), "")
		}
	}
}

// taskCaller is a function that calls a Task.
type taskCaller struct{ ast.Node }

func (t taskCaller) String() string {
	if declared, ok := t.Node.(*ast.FuncDecl); ok {
		return declared.Name.Name
	}
	return "another function"
}

// isNamedByCaller reports whether the only value that the variable ever gets is
// the result of Scope.Task, which takes its name from its first caller.
func (c *checker) isNamedByCaller(task *types.Var) bool {
	a := c.assigned[task]
	return a.call != nil && a.count == 1 && isMethod(typeutil.StaticCallee(c.pass.TypesInfo, a.call), "Scope", "Task")
}
