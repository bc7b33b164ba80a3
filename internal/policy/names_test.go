package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestExportedNamesAreDocumented checks the packages that other modules may import.
func TestExportedNamesAreDocumented(t *testing.T) {
	eachGoFile(t, func(file string) {
		if strings.HasSuffix(file, "_test.go") || isInternal(file) {
			return
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, filepath.Join(root, filepath.FromSlash(file)), nil, parser.ParseComments)
		if err != nil {
			t.Error(err)
			return
		}
		for _, name := range undocumented(f) {
			t.Errorf("%s: %s is exported and has no comment", file, name)
		}
	})
}

// undocumented returns the exported names of f without a comment. It ignores
// methods of unexported types, and names in a group that has a comment.
func undocumented(f *ast.File) (names []string) {
	if f.Name.Name == "main" {
		return nil
	}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && ast.IsExported(receiver(d)) {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				names = append(names, undocumentedSpec(d, spec)...)
			}
		}
	}
	return names
}

func undocumentedSpec(d *ast.GenDecl, spec ast.Spec) (names []string) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
			names = append(names, s.Name.Name)
		}
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

// receiver returns the name of the type whose method d is, and an exported name
// if d is a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return "Exported"
	}
	name := ""
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return name
}

func TestNamesWithoutCommentAreFound(t *testing.T) {
	const src = `package p

// A has a comment.
type A struct{}
type B struct{}
type c struct{}

func (A) Bare() {} // a comment behind does not count
// Commented has a comment.
func (A) Commented() {}
func (*B) Bare2() {}
func (c) Hidden() {}
func F[T any]() {}
func g() {}

// For all of them.
const (
	X = 1
	Y = 2
)

const (
	Z = 3
	W = 4 // a comment behind a constant counts
)
`
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(undocumented(f), " "), "B Bare Bare2 F Z"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
