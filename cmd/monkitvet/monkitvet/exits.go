package monkitvet

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

// closers are the types whose Close delivers what was not delivered yet.
var closers = []string{
	"monkit.example/collect.Collector",
	"monkit.example/reporters.Reporter",
	"monkit.example/tracing/zipkin.Exporter",
}

// exits are functions and methods that end the process, by package. A name that ends
// in * stands for all names that begin so.
var exits = map[string][]string{
	"os":                         {"Exit"},
	"syscall":                    {"Exit"},
	"log":                        {"Fatal*"},
	"go.uber.org/zap":            {"Fatal*"},
	"github.com/sirupsen/logrus": {"Fatal*", "Exit"},
	"github.com/golang/glog":     {"Fatal*", "Exit*"},
	"k8s.io/klog":                {"Fatal*", "Exit*"},
	"k8s.io/klog/v2":             {"Fatal*", "Exit*"},
}

// checkExits finds calls that end the process in functions that have deferred a Close:
// the process ends without it.
func (c *checker) checkExits() {
	ending := c.functionsThatExit()
	for cur := range c.files.Preorder((*ast.DeferStmt)(nil)) {
		closing := c.closeIn(cur.Node().(*ast.DeferStmt).Call)
		if closing == nil {
			continue
		}
		for call := range c.function(cur).Preorder((*ast.CallExpr)(nil)) {
			n := call.Node().(*ast.CallExpr)
			callee := typeutil.StaticCallee(c.pass.TypesInfo, n)
			if (isExit(callee) || ending[callee]) && c.followsClose(call, cur, closing) {
				what, where := types.ExprString(closing.Fun), types.ExprString(n.Fun)
				c.report(n, fmt.Sprintf("%s ends the process without the deferred %s, so the last values are lost; "+
					"return an error instead, or call %[2]s before", where, what), "")
			}
		}
	}
}

// function returns the cursor of the innermost function around cur.
func (c *checker) function(cur inspector.Cursor) inspector.Cursor {
	for around := range cur.Parent().Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		return around
	}
	return cur
}

// functionsThatExit returns the functions of the package that call one that ends the
// process, as helpers such as check(err) do.
func (c *checker) functionsThatExit() map[*types.Func]bool {
	found := map[*types.Func]bool{}
	for cur := range c.files.Preorder((*ast.CallExpr)(nil)) {
		if !isExit(typeutil.StaticCallee(c.pass.TypesInfo, cur.Node().(*ast.CallExpr))) {
			continue
		}
		if decl, ok := enclosingFunction(cur).(*ast.FuncDecl); ok {
			if f, ok := c.pass.TypesInfo.Defs[decl.Name].(*types.Func); ok {
				found[f] = true
			}
		}
	}
	return found
}

func isExit(f *types.Func) bool {
	if f == nil || f.Pkg() == nil {
		return false
	}
	return slices.ContainsFunc(exits[f.Pkg().Path()], func(name string) bool {
		prefix, all := strings.CutSuffix(name, "*")
		return f.Name() == name || all && strings.HasPrefix(f.Name(), prefix)
	})
}

// closeIn returns the call of the Close of a closer that n is or, outside of inner
// functions, has. If n calls a literal, its body is looked at.
func (c *checker) closeIn(n ast.Node) (closing *ast.CallExpr) {
	if call, ok := n.(*ast.CallExpr); ok {
		if literal, ok := unparen(call.Fun).(*ast.FuncLit); ok {
			n = literal.Body
		}
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			if closing == nil && c.isClose(n) {
				closing = n
			}
		}
		return closing == nil
	})
	return closing
}

// isClose reports whether call is Close or Flush of a closer.
func (c *checker) isClose(call *ast.CallExpr) bool {
	sel, ok := unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Close" && sel.Sel.Name != "Flush" {
		return false
	}
	t := c.pass.TypesInfo.TypeOf(sel.X)
	if t == nil {
		return false
	}
	named, ok := types.Unalias(deref(t)).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return false
	}
	return slices.Contains(closers, named.Obj().Pkg().Path()+"."+named.Obj().Name())
}

// followsClose reports whether exit runs after the statement that deferred closing, and
// before closing.
func (c *checker) followsClose(exit, deferred inspector.Cursor, closing *ast.CallExpr) bool {
	end := deferred.Node().End()
	return exit.Node().Pos() > end && runsWithin(exit, c.function(deferred)) &&
		!areAlternatives(deferred, exit) && !c.closedBefore(exit, deferred, closing)
}

// runsWithin reports whether cur runs while function does: the literals around it are
// called, deferred or started where they stand.
func runsWithin(cur, function inspector.Cursor) bool {
	for around := range cur.Parent().Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		if around == function {
			return true
		}
		call, ok := around.Parent().Node().(*ast.CallExpr)
		if !ok || call.Fun != around.Node() {
			return false
		}
	}
	return false
}

// areAlternatives reports whether at most one of the two statements runs: they are in
// two branches, or the branch of the first one ends in a return.
func areAlternatives(first, second inspector.Cursor) bool {
	for first.Parent().Node().Pos() > second.Node().Pos() || first.Parent().Node().End() < second.Node().End() {
		first = first.Parent()
		if returns(first.Node()) {
			return true
		}
	}
	switch n := first.Node().(type) {
	case *ast.CaseClause, *ast.CommClause:
		return true
	case *ast.BlockStmt:
		branch, ok := first.Parent().Node().(*ast.IfStmt)
		return ok && branch.Body == n
	}
	return false
}

// returns reports whether the statements of n end in one that leaves them.
func returns(n ast.Node) bool {
	var list []ast.Stmt
	switch n := n.(type) {
	case *ast.BlockStmt:
		list = n.List
	case *ast.CaseClause:
		list = n.Body
	case *ast.CommClause:
		list = n.Body
	}
	if len(list) == 0 {
		return false
	}
	switch list[len(list)-1].(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	}
	return false
}

// closedBefore reports whether a statement between the deferred one and exit closes or
// flushes the same.
func (c *checker) closedBefore(exit, deferred inspector.Cursor, closing *ast.CallExpr) bool {
	receiver := types.ExprString(unparen(closing.Fun).(*ast.SelectorExpr).X)
	for stmt := exit; stmt.Node().Pos() > deferred.Node().Pos(); stmt = stmt.Parent() {
		for before, ok := stmt.PrevSibling(); ok && before.Node().Pos() > deferred.Node().Pos(); before, ok = before.PrevSibling() {
			if _, also := before.Node().(*ast.DeferStmt); also {
				continue
			}
			if closes := c.closeIn(before.Node()); closes != nil && types.ExprString(unparen(closes.Fun).(*ast.SelectorExpr).X) == receiver {
				return true
			}
		}
	}
	return false
}
