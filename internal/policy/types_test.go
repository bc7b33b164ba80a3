package policy

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestExportedTypesAreNotInternal checks that a program elsewhere can write down
// every type that it meets in the packages it may import.
func TestExportedTypesAreNotInternal(t *testing.T) {
	for _, module := range []string{".", "compat"} {
		packages := exportedTypes(t, filepath.Join(root, module))
		visited := 0
		for _, dir := range packages.dirs {
			if module == "." && !isPublic(dir) || isInternal(dir) {
				continue
			}
			visited++
			for _, l := range leaksOf(packages.load(t, dir)) {
				t.Errorf("%s: %s: %s names %s", packages.position(l.pos), dir, l.where, l.internal)
			}
		}
		if visited < 3 {
			t.Errorf("%s: found %d importable packages", module, visited)
		}
	}
}

// isInternal reports whether Go or a convention keeps path from being imported by
// other modules.
func isInternal(path string) bool {
	return isBelow(path, "internal") || isBelow(path, "testdata")
}

// modulePackages is the packages of a module, with types that the compiler wrote
// while it built them. Loading these takes a fraction of the time of checking the
// sources.
type modulePackages struct {
	dirs     []string          // of the importable packages, relative to the module
	paths    map[string]string // by dir
	fset     *token.FileSet
	importer types.Importer
}

func exportedTypes(t *testing.T, moduleDir string) *modulePackages {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-deps", "-f",
		"{{.ImportPath}}\t{{.Export}}\t{{if .Module}}{{if .Module.Main}}{{if ne .Name `main`}}{{.Module.Path}}{{end}}{{end}}{{end}}", "./...")
	cmd.Dir = moduleDir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list in %s: %v\n%s", moduleDir, err, &stderr)
	}
	m := &modulePackages{paths: map[string]string{}, fset: token.NewFileSet()}
	files := map[string]string{}
	for scanner := bufio.NewScanner(bytes.NewReader(out)); scanner.Scan(); {
		fields := strings.Split(scanner.Text(), "\t")
		path, main := fields[0], fields[2]
		files[path] = fields[1]
		if main != "" {
			dir := strings.TrimPrefix(strings.TrimPrefix(path, main), "/")
			m.dirs = append(m.dirs, dir)
			m.paths[dir] = path
		}
	}
	m.importer = importer.ForCompiler(m.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(files[path]) })
	return m
}

func (m *modulePackages) load(t *testing.T, dir string) *types.Package {
	t.Helper()
	pkg, err := m.importer.Import(m.paths[dir])
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

// position returns file:line, with the file relative to the repository.
func (m *modulePackages) position(pos token.Pos) string {
	p := m.fset.Position(pos)
	if top, err := filepath.Abs(root); err == nil {
		if rel, err := filepath.Rel(top, p.Filename); err == nil {
			p.Filename = rel
		}
	}
	return fmt.Sprintf("%s:%d", filepath.ToSlash(p.Filename), p.Line)
}

// A leak is an exported name that an importing program can use and whose type
// it cannot name.
type leak struct {
	where    string // such as "Pusher.Ledger"
	internal string // the internal type, with its package
	pos      token.Pos
}

// leaksOf returns the leaks of all exported names of pkg, in their order.
func leaksOf(pkg *types.Package) []leak {
	v := visitor{pkg: pkg, seen: map[types.Type]bool{}}
	scope := pkg.Scope()
	for _, name := range scope.Names() {
		if obj := scope.Lookup(name); obj.Exported() {
			v.object(obj)
		}
	}
	return v.leaks
}

// A visitor walks the types that an importing program meets. It stops at types
// of other packages, and at exported types of its own, which are visited where
// they are declared.
type visitor struct {
	pkg   *types.Package
	seen  map[types.Type]bool // unexported types that were reached
	leaks []leak

	where string    // the exported name that is visited
	pos   token.Pos // of that name
}

func (v *visitor) object(obj types.Object) {
	if t, ok := obj.(*types.TypeName); ok {
		v.declaration(t)
		return
	}
	v.member(obj.Name(), obj)
}

// member visits the type of obj, which an importing program knows as name.
func (v *visitor) member(name string, obj types.Object) {
	where, pos := v.where, v.pos
	if v.where != "" {
		name = v.where + "." + name
	}
	v.where, v.pos = name, obj.Pos()
	v.typ(obj.Type())
	v.where, v.pos = where, pos
}

// declaration visits what is behind a type name: the type of an alias, and the
// content and methods of any other type.
func (v *visitor) declaration(t *types.TypeName) {
	v.where, v.pos = t.Name(), t.Pos()
	switch typ := t.Type().(type) {
	case *types.Alias:
		v.params(typ.TypeParams())
		v.typ(typ.Rhs())
	case *types.Named:
		v.params(typ.TypeParams())
		v.content(typ)
	}
	v.where, v.pos = "", token.NoPos
}

func (v *visitor) content(t *types.Named) {
	v.typ(t.Underlying())
	for m := range t.Methods() {
		if m.Exported() {
			v.member(m.Name(), m)
		}
	}
}

func (v *visitor) params(list *types.TypeParamList) {
	for p := range list.TypeParams() {
		v.typ(p.Constraint())
	}
}

func (v *visitor) typ(t types.Type) {
	switch t := t.(type) {
	case *types.Named:
		v.list(t.TypeArgs())
		if v.named(t.Obj()) && !v.seen[t.Origin()] {
			v.seen[t.Origin()] = true
			v.content(t.Origin())
		}
	case *types.Alias:
		v.list(t.TypeArgs())
		if v.named(t.Obj()) {
			v.typ(t.Rhs())
		}
	case *types.Map:
		v.typ(t.Key())
		v.typ(t.Elem())
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		v.typ(t.Elem())
	case *types.Signature:
		v.params(t.TypeParams())
		v.tuple(t.Params())
		v.tuple(t.Results())
	case *types.Struct:
		for f := range t.Fields() {
			if f.Exported() || f.Embedded() {
				v.member(f.Name(), f)
			}
		}
	case *types.Interface:
		v.iface(t)
	case *types.Union:
		for term := range t.Terms() {
			v.typ(term.Type())
		}
	}
}

// named reports whether the type called obj has to be visited here, because it
// is an unexported one of the package. It notes a leak if obj is internal.
func (v *visitor) named(obj *types.TypeName) bool {
	switch {
	case obj.Pkg() == v.pkg:
		return !obj.Exported()
	case obj.Pkg() != nil && isInternal(obj.Pkg().Path()):
		v.leaks = append(v.leaks, leak{v.where, obj.Pkg().Path() + "." + obj.Name(), v.pos})
	}
	return false
}

func (v *visitor) list(args *types.TypeList) {
	for t := range args.Types() {
		v.typ(t)
	}
}

func (v *visitor) tuple(t *types.Tuple) {
	for p := range t.Variables() {
		v.typ(p.Type())
	}
}

func (v *visitor) iface(t *types.Interface) {
	for m := range t.ExplicitMethods() {
		if m.Exported() {
			v.member(m.Name(), m)
		}
	}
	for e := range t.EmbeddedTypes() {
		v.typ(e)
	}
}

func TestEachKindOfLeakIsFound(t *testing.T) {
	const hidden = `package hidden; type T struct{}; func (T) M() {}; type I interface{ M() }; type G[P any] struct{}; const C N = 1; type N int`
	for _, tt := range []struct {
		name, src string
		want      string // where, each after a blank
	}{
		{"parameter", `func F(int, hidden.T) {}`, "F"},
		{"variadic parameter", `func F(...hidden.T) {}`, "F"},
		{"result", `func F() (int, *hidden.T) { return 0, nil }`, "F"},
		{"two in one signature", `func F(hidden.T) hidden.N { return 1 }`, "F F"},
		{"unexported function", `func f(hidden.T) {}`, ""},
		{"body of a function", `func F() { _ = hidden.T{} }`, ""},
		{"method", `type A struct{}; func (A) M(hidden.T) {}`, "A.M"},
		{"method of the pointer", `type A struct{}; func (*A) M() hidden.T { return hidden.T{} }`, "A.M"},
		{"unexported method", `type A struct{}; func (A) m(hidden.T) {}`, ""},
		{"field", `type A struct { F hidden.T }`, "A.F"},
		{"unexported field", `type A struct { f hidden.T }`, ""},
		{"embedded type", `type A struct { hidden.T }`, "A.T"},
		{"embedded pointer", `type A struct { *hidden.T }`, "A.T"},
		{"field of a struct without a name", `type A struct { F []struct { G hidden.T } }`, "A.F.G"},
		{"method of an interface", `type A interface { M(hidden.T) }`, "A.M"},
		{"unexported method of an interface", `type A interface { m(hidden.T) }`, ""},
		{"embedded interface", `type A interface { hidden.I }`, "A"},
		{"union", `type A interface { int | hidden.N }`, "A"},
		{"slice, array, map and channel", `var A []hidden.T; var B [2]hidden.T; var C map[hidden.T]int; var D map[int]hidden.T; var E chan hidden.T`, "A B C D E"},
		{"function type", `type A func(hidden.T)`, "A"},
		{"callback", `func F(func(int, func() hidden.T)) {}`, "F"},
		{"variable", `var V = hidden.T{}`, "V"},
		{"constant", `const C = hidden.C`, "C"},
		{"unexported variable", `var v = hidden.T{}`, ""},
		{"alias", `type A = hidden.T`, "A"},
		{"alias of a slice", `type A = []hidden.T`, "A"},
		{"alias is reported once", `type A = hidden.T; func F(A) {}; type B struct { F A }`, "A"},
		{"constraint of an alias", `type A[P hidden.I] = []P`, "A"},
		{"type argument of an alias", `type A[P any] = []P; var V A[hidden.T]`, "V"},
		{"unexported alias", `type a = hidden.T; func F(a) {}`, "F"},
		{"type argument", `type A[P any] struct{}; var V A[hidden.T]`, "V"},
		{"generic type", `var V hidden.G[int]`, "V"},
		{"constraint of a type", `type A[P hidden.I] struct{}`, "A"},
		{"constraint of a function", `func F[P hidden.I](P) {}`, "F"},
		{"method of an unexported type that is returned", `type a struct{}; func (*a) M(hidden.T) {}; func F() *a { return nil }`, "F.M"},
		{"field of an unexported type that is returned", `type a struct { F hidden.T }; func F() a { return a{} }`, "F.F"},
		{"unexported type behind another", `type a struct{}; func (a) M() b { return 1 }; type b int; func (b) N() hidden.T { return hidden.T{} }; var V a`, "V.M.N"},
		{"method of an embedded unexported type", `type a struct{}; func (a) M(hidden.T) {}; type B struct { a }`, "B.a.M"},
		{"unexported type in an unexported field", `type a struct{}; func (a) M(hidden.T) {}; type B struct { f a }`, ""},
		{"unexported type that refers to itself", `type a struct { F *a; G hidden.T }; var V a`, "V.G"},
		{"generic unexported type", `type a[P any] struct{}; func (a[P]) M(P) hidden.T { return hidden.T{} }; var V a[int]; var W a[string]`, "V.M"},
		{"unexported type that no exported name reaches", `type a struct { F hidden.T }`, ""},
		{"exported type is visited where it is declared", `type A struct { F hidden.T }; func F() A { return A{} }; var V []A`, "A.F"},
		{"no leak", `type A struct { f hidden.T }; func (A) M() error { return nil }; const C = 1; var V = A{}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			packages := sources{}
			packages.check(t, "example/internal/hidden", hidden)
			pkg := packages.check(t, "example/public", `package public; import "example/internal/hidden"; type _ hidden.T; `+tt.src)
			var got []string
			for _, l := range leaksOf(pkg) {
				got = append(got, l.where)
				if !strings.HasPrefix(l.internal, "example/internal/hidden.") {
					t.Errorf("%s names %q, want a type of the internal package", l.where, l.internal)
				}
				if !l.pos.IsValid() {
					t.Errorf("%s has no position", l.where)
				}
			}
			if want := strings.Fields(tt.want); !slices.Equal(got, want) {
				t.Errorf("found leaks at %q, want %q", got, want)
			}
		})
	}
}

// sources are made-up packages that may import each other.
type sources map[string]*types.Package

func (s sources) Import(path string) (*types.Package, error) {
	if pkg, ok := s[path]; ok {
		return pkg, nil
	}
	return nil, fmt.Errorf("no package %q", path)
}

func (s sources) check(t *testing.T, path, src string) *types.Package {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path+".go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	config := types.Config{Importer: s}
	if s[path], err = config.Check(path, fset, []*ast.File{file}, nil); err != nil {
		t.Fatal(err)
	}
	return s[path]
}

func TestPathsAreInternalByTheirElements(t *testing.T) {
	for path, want := range map[string]bool{
		"internal/send": true, "a.example/internal": true, "a.example/b/internal/c": true, "a/testdata/b": true,
		"a.example/internals": false, "a.example/b": false, "": false,
	} {
		if got := isInternal(path); got != want {
			t.Errorf("isInternal(%q) = %v, want %v", path, got, want)
		}
	}
}
