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

// A program that uses every exported name of the library as what it is there
// compiles against us.
func TestEveryNameCompiles(t *testing.T) {
	b := &user{names: map[string]string{}}
	for _, p := range exported(t) {
		b.usePackage(p)
	}
	// What was there when this was written. Less means that b overlooks some.
	if b.uses < 318 {
		t.Errorf("the library has %d uses, want at least 318", b.uses)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module user\n\nrequire "+replaced+" "+version+"\n")
	write(t, filepath.Join(dir, "user.go"), b.source())
	replace(t, dir)
	if out, err := run(t, dir, "build", "-gcflags=-e", "-o", os.DevNull, "."); err != nil {
		t.Errorf("of %d uses these do not compile:\n%s", b.uses, out)
	}
}

// exported are the library's packages as the compiler sees them.
func exported(t *testing.T) []*types.Package {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(download(t, replaced, version))); err != nil {
		t.Fatal(err)
	}
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}"}
	for _, p := range packages {
		args = append(args, replaced+p)
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
		pkg, err := from.Import(replaced + p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pkg)
	}
	return all
}

// A user writes a program that uses all there is of some packages.
type user struct {
	names map[string]string // import path → name
	body  strings.Builder
	uses  int
}

func (u *user) source() string {
	var imports strings.Builder
	for path, name := range u.names {
		fmt.Fprintf(&imports, "import %s %q\n", name, path)
	}
	return "package main\n\n" + imports.String() + "\n" + u.body.String() + "\nfunc main() {}\n"
}

func (u *user) use(format string, args ...any) {
	fmt.Fprintf(&u.body, format+"\n", args...)
	u.uses++
}

// in is the name that p is imported by.
func (u *user) in(p *types.Package) string {
	if u.names[p.Path()] == "" {
		u.names[p.Path()] = fmt.Sprint("p", len(u.names))
	}
	return u.names[p.Path()]
}

func (u *user) text(t types.Type) string { return types.TypeString(t, u.in) }

func (u *user) usePackage(p *types.Package) {
	for _, name := range p.Scope().Names() {
		o := p.Scope().Lookup(name)
		if !o.Exported() {
			continue
		}
		name = u.in(p) + "." + name
		switch o := o.(type) {
		case *types.Const:
			// A key that is there twice does not compile.
			u.use("var _ = map[bool]int{false: 0, %s == %s: 1}", name, o.Val().ExactString())
		case *types.Var:
			u.use("var _ *%s = &%s", u.text(o.Type()), name)
		case *types.Func:
			u.use("var _ %s = %s", u.text(o.Type()), name)
		case *types.TypeName:
			u.useType(name, o.Type())
		}
	}
}

func (u *user) useType(name string, t types.Type) {
	u.use("var _ *%s", name)
	switch under := t.Underlying().(type) {
	case *types.Interface:
		u.use("var _ = func(x %s) %s { return x }", name, u.text(under))
		u.use("var _ = func(x %s) %s { return x }", u.text(under), name)
		return
	case *types.Struct:
		for f := range under.Fields() {
			if f.Exported() {
				u.use("var _ = func(x *%s) *%s { return &x.%s }", name, u.text(f.Type()), f.Name())
			}
		}
	case *types.Signature, *types.Slice:
		u.use("var _ = func(x %s) %s { return x }", name, u.text(under))
	}
	for m := range types.NewMethodSet(types.NewPointer(t)).Methods() {
		if m.Obj().Exported() {
			u.use("var _ = func(x *%s) %s { return x.%s }", name, u.text(m.Type()), m.Obj().Name())
		}
	}
}
