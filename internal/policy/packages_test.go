package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A folder is the package in one folder, with all of its files, whatever their
// build constraints.
type folder struct {
	name    string            // of the package; "" if it has only tests
	files   int               // without test files
	docs    []string          // package comments
	imports map[string]string // import path → one of the files that import it; without test files
	uses    map[string]string // the same for test files
}

// folders returns the packages of all modules by folder. Files below testdata are
// left out, since they are input of tests.
func folders(t *testing.T) map[string]*folder {
	t.Helper()
	all := map[string]*folder{}
	eachGoFile(t, func(file string) {
		if isBelow(file, "testdata") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(file)), nil,
			parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			t.Error(err)
			return
		}
		dir := path.Dir(file)
		if all[dir] == nil {
			all[dir] = &folder{imports: map[string]string{}, uses: map[string]string{}}
		}
		all[dir].add(file, f)
	})
	return all
}

func (d *folder) add(file string, f *ast.File) {
	into := d.imports
	if strings.HasSuffix(file, "_test.go") {
		into = d.uses
	} else {
		d.name = f.Name.Name
		d.files++
		if f.Doc != nil {
			d.docs = append(d.docs, f.Doc.Text())
		}
	}
	for _, spec := range f.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err == nil {
			into[imported] = file
		}
	}
}

func TestPackagesAreDocumented(t *testing.T) {
	for dir, d := range folders(t) {
		if d.name == "" {
			continue
		}
		if len(d.docs) != 1 {
			t.Errorf("%s: has %d package comments; want one, in doc.go or main.go", dir, len(d.docs))
			continue
		}
		// A shorter comment cannot state what to use first.
		if words := strings.Fields(d.docs[0]); len(words) < 8 {
			t.Errorf("%s: the package comment is too short: %q", dir, d.docs[0])
		}
		if d.name != "main" && !strings.HasPrefix(d.docs[0], "Package "+d.name+" ") {
			t.Errorf("%s: the package comment does not begin with %q", dir, "Package "+d.name)
		}
		if named := dir + "/" + d.name + ".go"; d.files > 1 && d.name != "main" && !exists(dir+"/doc.go") && !exists(named) {
			t.Errorf("%s: has several files, and neither doc.go nor %s for the package comment", dir, named)
		}
	}
}
