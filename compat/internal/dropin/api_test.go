package dropin

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var packages = []string{"", "/collect", "/environment", "/http", "/monotime", "/present"}

// A program that uses every exported name of monkit/v3 with its type compiles
// against this module.
func TestEveryNameCompiles(t *testing.T) {
	p := &program{imports: map[string]string{}}
	for _, pkg := range exported(t) {
		p.usePackage(pkg)
	}
	// The version that is downloaded has 318. Fewer mean that p misses some.
	if p.uses < 318 {
		t.Errorf("the program has %d uses, want at least 318", p.uses)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module user\n\nrequire "+v3Module+" "+version+"\n")
	write(t, filepath.Join(dir, "user.go"), p.source())
	replace(t, dir)
	if out, err := run(t, dir, "build", "-gcflags=-e", "-o", os.DevNull, "."); err != nil {
		t.Errorf("of %d uses these do not compile:\n%s", p.uses, out)
	}
}

// exported returns the packages of monkit/v3, from the compiler's export data.
func exported(t *testing.T) []*types.Package {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(download(t, v3Module, version))); err != nil {
		t.Fatal(err)
	}
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}"}
	for _, p := range packages {
		args = append(args, v3Module+p)
	}
	files := map[string]string{}
	for line := range strings.Lines(mustRun(t, dir, args...)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "=")
		files[path] = file
	}
	from := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(files[path])
	})
	var all []*types.Package
	for _, p := range packages {
		pkg, err := from.Import(v3Module + p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pkg)
	}
	return all
}

// A program is source text that uses all exported names of some packages.
type program struct {
	imports map[string]string // import path → name
	body    strings.Builder
	uses    int
}

func (p *program) source() string {
	var imports strings.Builder
	for path, name := range p.imports {
		fmt.Fprintf(&imports, "import %s %q\n", name, path)
	}
	return "package main\n\n" + imports.String() + "\n" + p.body.String() + "\nfunc main() {}\n"
}

func (p *program) use(format string, args ...any) {
	fmt.Fprintf(&p.body, format+"\n", args...)
	p.uses++
}

// qualifier returns the name by which the program imports pkg.
func (p *program) qualifier(pkg *types.Package) string {
	if p.imports[pkg.Path()] == "" {
		p.imports[pkg.Path()] = fmt.Sprint("p", len(p.imports))
	}
	return p.imports[pkg.Path()]
}

func (p *program) text(t types.Type) string { return types.TypeString(t, p.qualifier) }

func (p *program) usePackage(pkg *types.Package) {
	for _, name := range pkg.Scope().Names() {
		o := pkg.Scope().Lookup(name)
		if !o.Exported() {
			continue
		}
		name = p.qualifier(pkg) + "." + name
		switch o := o.(type) {
		case *types.Const:
			// If the constant has another value, the map literal has the key
			// false twice and does not compile.
			p.use("var _ = map[bool]int{false: 0, %s == %s: 1}", name, o.Val().ExactString())
		case *types.Var:
			p.use("var _ *%s = &%s", p.text(o.Type()), name)
		case *types.Func:
			p.use("var _ %s = %s", p.text(o.Type()), name)
		case *types.TypeName:
			p.useType(name, o.Type())
		}
	}
}

func (p *program) useType(name string, t types.Type) {
	p.use("var _ *%s", name)
	switch under := t.Underlying().(type) {
	case *types.Interface:
		p.use("var _ = func(x %s) %s { return x }", name, p.text(under))
		p.use("var _ = func(x %s) %s { return x }", p.text(under), name)
		return
	case *types.Struct:
		for f := range under.Fields() {
			if f.Exported() {
				p.use("var _ = func(x *%s) *%s { return &x.%s }", name, p.text(f.Type()), f.Name())
			}
		}
	case *types.Signature, *types.Slice:
		p.use("var _ = func(x %s) %s { return x }", name, p.text(under))
	}
	for m := range types.NewMethodSet(types.NewPointer(t)).Methods() {
		if m.Obj().Exported() {
			p.use("var _ = func(x *%s) %s { return x.%s }", name, p.text(m.Type()), m.Obj().Name())
		}
	}
}
