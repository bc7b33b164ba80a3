package monkit_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spacemonkeygo/monkit/v3"
	"github.com/spacemonkeygo/monkit/v3/environment"
	"github.com/spacemonkeygo/monkit/v3/present"
	newpath "monkit.example/monkit"
)

var mon = monkit.Package()

func TestBothImportPathsCountInOneRegistry(t *testing.T) {
	mon.Counter("either").Inc(1)
	newpath.ScopeNamed(mon.Name()).Counter("either").Inc(1)
	for name, values := range map[string]map[string]float64{
		"the path of monkit/v3":      monkit.Collect(monkit.Default),
		"the path of monkit.example": newpath.Collect(newpath.Default),
	} {
		if got := values["either,scope="+mon.Name()+" value"]; got != 2 {
			t.Errorf("%s has the value %v, want 2", name, got)
		}
	}
}

func TestPackageScopeIsTheCallers(t *testing.T) {
	if got, want := mon.Name(), "github.com/spacemonkeygo/monkit/v3_test"; got != want {
		t.Errorf("scope is %q, want %q", got, want)
	}
	if got := func() *monkit.Scope { return monkit.Package() }(); got != mon {
		t.Errorf("scope within a closure is %q", got.Name())
	}
}

func TestFunctionsUseAnAssignedDefault(t *testing.T) {
	before := monkit.Default
	defer func() { monkit.Default = before }()
	monkit.Default = monkit.NewRegistry()
	monkit.Package().Event("here")
	environment.Register(nil)
	values := map[string]bool{}
	monkit.Stats(func(key monkit.SeriesKey, field string, _ float64) { values[key.WithField(field)] = true })
	for _, want := range []string{
		"here,scope=" + mon.Name() + " total",
		"process,scope=github.com/spacemonkeygo/monkit/v3/environment control",
	} {
		if !values[want] {
			t.Errorf("%s is not in the registry that was assigned to Default", want)
		}
	}
}

// Programs parse what monkit/v3 writes.
func TestSpansHaveDecimalIDs(t *testing.T) {
	r := monkit.NewRegistry()
	ctx := context.Background()
	defer r.ScopeNamed("s").FuncNamed("F").Task(&ctx)(nil)
	s := monkit.SpanFromCtx(ctx)
	want := fmt.Sprintf("[%d,%d] s.F() (elapsed: ", s.Id(), s.Trace().Id())
	var text, page strings.Builder
	if err := present.SpansText(r, &text); err != nil {
		t.Fatal(err)
	}
	write, _, err := present.FromRequest(r, "/ps", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(&page); err != nil {
		t.Fatal(err)
	}
	served := httptest.NewRecorder()
	present.HTTP(r).ServeHTTP(served, httptest.NewRequest("GET", "/ps", nil))
	for name, got := range map[string]string{"SpansText": text.String(), "FromRequest": page.String(), "HTTP": served.Body.String()} {
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s writes %q, want %q", name, got, want)
		}
	}
}

// Code that is more than an alias or a call belongs to monkit.example, where it
// serves both import paths.
func TestOnlyAliasesAndForwards(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
		if err != nil {
			return err
		}
		for _, problem := range ownDeclarations(f) {
			t.Errorf("%s: %s", path, problem)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ownDeclarations returns the declarations that are more than an alias or a
// call.
func ownDeclarations(f *ast.File) (all []string) {
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if s, ok := spec.(*ast.TypeSpec); ok && !s.Assign.IsValid() {
					all = append(all, "type "+s.Name.Name+" is not an alias")
				}
			}
		case *ast.FuncDecl:
			// Two statements: one that sets a default, and the call.
			if d.Recv != nil || len(d.Body.List) > 2 {
				all = append(all, "func "+d.Name.Name+" does more than call another function")
			}
		}
	}
	return all
}

func TestOwnDeclarations(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "x.go", `package x
		type A = int
		type B int
		func (A) M() { f() }
		func F() { f() }
		func G() { f(); f(); f() }`, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := "type B is not an alias|func M does more than call another function|func G does more than call another function"
	if got := strings.Join(ownDeclarations(f), "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
