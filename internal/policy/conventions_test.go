package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// conventions are rules about the declarations of one file. Each returns what
// breaks it.
var conventions = []func(f *ast.File, isTest bool) []breach{
	commentsBeginWithTheName,
	lockedMethodsDoNotLock,
	skipsHaveAReason,
	optionsAreDocumented,
}

// A breach is a place in a file that breaks a convention.
type breach struct {
	pos     token.Pos
	problem string
}

func TestConventions(t *testing.T) {
	eachGoFile(t, func(file string) {
		if isBelow(file, "testdata") {
			return
		}
		fset, f := parse(t, file, read(t, file))
		for _, breaches := range conventions {
			for _, b := range breaches(f, strings.HasSuffix(file, "_test.go")) {
				t.Errorf("%s:%d: %s", file, fset.Position(b.pos).Line, b.problem)
			}
		}
	})
}

func parse(t *testing.T, file, src string) (*token.FileSet, *ast.File) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return fset, f
}

// run matches the functions that only the go command calls. Their comments may
// begin with the reason for a test.
var run = regexp.MustCompile(`^(init|main|(Test|Fuzz|Benchmark|Example).*)$`)

// commentsBeginWithTheName finds comments of functions and types that do not begin
// with the name, so that a reader cannot see what they are about.
func commentsBeginWithTheName(f *ast.File, _ bool) (found []breach) {
	check := func(name *ast.Ident, doc *ast.CommentGroup) {
		if doc.Text() != "" && !beginsWith(doc.Text(), name.Name) {
			found = append(found, breach{name.Pos(), "the comment of " + name.Name + " does not begin with its name"})
		}
	}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if !run.MatchString(d.Name.Name) {
				check(d.Name, d.Doc)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if s, ok := spec.(*ast.TypeSpec); ok && s.Doc != nil {
					check(s.Name, s.Doc)
				} else if ok && !d.Lparen.IsValid() {
					check(s.Name, d.Doc)
				}
			}
		}
	}
	return found
}

func beginsWith(comment, name string) bool {
	for _, article := range []string{"A ", "An ", "The "} {
		comment = strings.TrimPrefix(comment, article)
	}
	rest, ok := strings.CutPrefix(comment, name)
	return ok && strings.IndexAny(rest, " ,'.\n") == 0
}

// callerHolds matches the sentence that the suffix Locked replaces.
var callerHolds = regexp.MustCompile(`(?i)\bcallers?\s+(must\s+)?holds?\s+(the\s+)?[\w.]*(mu|mutex|lock)\b`)

// lockedMethodsDoNotLock finds functions that need a locked mutex although their
// names do not end in Locked, and methods so named that lock it themselves.
func lockedMethodsDoNotLock(f *ast.File, _ bool) (found []breach) {
	for _, decl := range f.Decls {
		d, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		locked := strings.HasSuffix(d.Name.Name, "Locked")
		if callerHolds.MatchString(d.Doc.Text()) {
			found = append(found, breach{d.Pos(), "if the caller of " + d.Name.Name + " holds a mutex, let its name end in Locked, and delete the sentence"})
		}
		if locked && d.Recv != nil && len(d.Recv.List[0].Names) > 0 && d.Body != nil && locks(d.Body, d.Recv.List[0].Names[0].Name) {
			found = append(found, breach{d.Pos(), d.Name.Name + " locks the mutex that its caller holds"})
		}
	}
	return found
}

// locks reports whether body calls receiver.mu.Lock or receiver.mu.RLock.
func locks(body ast.Node, receiver string) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if ok {
			switch expression(call.Fun) {
			case receiver + ".mu.Lock", receiver + ".mu.RLock":
				found = true
			}
		}
		return true
	})
	return found
}

// expression returns a selector as text, such as "a.b.c", and "" for any other
// expression.
func expression(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return expression(e.X) + "." + e.Sel.Name
	}
	return ""
}

// skipsHaveAReason finds tests that skip without saying what the machine lacks.
func skipsHaveAReason(f *ast.File, isTest bool) (found []breach) {
	ast.Inspect(f, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && isTest {
			_, method, _ := strings.Cut(expression(call.Fun), ".")
			if method == "SkipNow" || method == "Skip" && len(call.Args) == 0 {
				found = append(found, breach{call.Pos(), "skips a test without a reason"})
			}
		}
		return true
	})
	return found
}

// optionsAreDocumented finds exported fields of exported Options without a comment,
// which has to state what the zero value means.
func optionsAreDocumented(f *ast.File, _ bool) (found []breach) {
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.TypeSpec)
		if !ok || !s.Name.IsExported() || !strings.HasSuffix(s.Name.Name, "Options") {
			return true
		}
		fields, ok := s.Type.(*ast.StructType)
		if !ok {
			return true
		}
		for _, field := range fields.Fields.List {
			for _, name := range field.Names {
				if name.IsExported() && field.Doc == nil && field.Comment == nil {
					found = append(found, breach{name.Pos(), s.Name.Name + "." + name.Name + " has no comment"})
				}
			}
		}
		return true
	})
	return found
}

func TestBreachesOfConventionsAreFound(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"comment with the name", "// F counts.\nfunc F() {}", ""},
		{"comment without the name", "// Counts.\nfunc F() {}", "does not begin"},
		{"comment with a longer name", "// Fn counts.\nfunc F() {}", "does not begin"},
		{"comment of a method", "// Counts.\nfunc (t T) m() {}", "does not begin"},
		{"comment of a type", "// An A is a type.\ntype A int", ""},
		{"comment of a type without the name", "// It is a type.\ntype A int", "does not begin"},
		{"comment of a type in a group", "type (\n// It is a type.\nA int\n)", "does not begin"},
		{"comment of a group", "// They are types.\ntype (\nA int\nB int\n)", ""},
		{"comment of a test", "// A reason.\nfunc TestA() {}\n// A reason.\nfunc init() {}", ""},
		{"comment for the compiler", "//go:noinline\nfunc F() {}", ""},
		{"caller holds a mutex", "// f counts. The caller holds mu.\nfunc f() {}", "end in Locked"},
		{"callers must hold a mutex", "// f counts. Callers must\n// hold mu.\nfunc f() {}", "end in Locked"},
		{"caller holds the mutex of a struct", "// f counts, and its caller holds the t.mutex.\nfunc f() {}", "end in Locked"},
		{"caller holds something else", "// f returns a batch that the caller holds.\nfunc f() {}", ""},
		{"locked method", "// fLocked counts.\nfunc (t *T) fLocked() { t.other.mu.Lock() }", ""},
		{"locked method that locks", "func (t *T) fLocked() { t.mu.Lock() }", "locks the mutex"},
		{"locked method that locks for reading", "func (t *T) fLocked() { defer func() { t.mu.RLock() }() }", "locks the mutex"},
		{"other method that locks", "func (t *T) f() { t.mu.Lock() }", ""},
		{"skip with a reason", `func f() { t.Skip("no network") }`, ""},
		{"skip without a reason", "func f() { t.Skip() }", "without a reason"},
		{"SkipNow", "func f() { t.SkipNow() }", "without a reason"},
		{"options", "type Options struct {\n// A is zero.\nA int\nB int // is zero\nc int\n}", ""},
		{"option without a comment", "type SendOptions struct { A, b int }", "SendOptions.A has no comment"},
		{"option of an unexported type", "type sendOptions struct { A int }", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, f := parse(t, "p_test.go", "package p\n"+tt.src)
			var got []string
			for _, breaches := range conventions {
				for _, b := range breaches(f, true) {
					got = append(got, b.problem)
				}
			}
			if tt.want == "" && len(got) > 0 || tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)) {
				t.Errorf("found %q, want one with %q", got, tt.want)
			}
		})
	}
}

// TestGoroutinesAreJoined checks that goleak watches the tests of every package that
// starts goroutines.
func TestGoroutinesAreJoined(t *testing.T) {
	starts, watched := map[string]string{}, map[string]bool{}
	eachGoFile(t, func(file string) {
		dir := path.Dir(file)
		switch text := read(t, file); {
		case isBelow(file, "testdata"):
		case strings.HasSuffix(file, "_test.go"):
			watched[dir] = watched[dir] || strings.Contains(text, "goleak.")
		default:
			if _, f := parse(t, file, text); startsGoroutine(f) {
				starts[dir] = file
			}
		}
	})
	if len(starts) == 0 {
		t.Error("no package starts a goroutine")
	}
	for dir, file := range starts {
		if !watched[dir] {
			t.Errorf("%s starts a goroutine, and no test in %s uses goleak", file, dir)
		}
	}
}

// startsGoroutine reports whether f has a go statement or calls a method Go, such
// as that of sync.WaitGroup.
func startsGoroutine(f *ast.File) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = true
		case *ast.CallExpr:
			s, ok := n.Fun.(*ast.SelectorExpr)
			found = found || ok && s.Sel.Name == "Go"
		}
		return true
	})
	return found
}

func TestStartsAreFound(t *testing.T) {
	for src, want := range map[string]bool{
		"func f() { go g() }": true, "func f() { s.wg.Go(g) }": true, "func f() { g.Gone() }": false, "func Go() {}": false,
	} {
		if _, f := parse(t, "p.go", "package p\n"+src); startsGoroutine(f) != want {
			t.Errorf("%q: found is %v, want %v", src, !want, want)
		}
	}
}

// TestDecodersConform checks that each package with a reporters.Decoder fuzzes it and
// runs the conformance suite of the codecs.
func TestDecodersConform(t *testing.T) {
	decoder := regexp.MustCompile(`(?m)^func \([^)]*\) Decode\(\w+ \*reporters\.Batch, `)
	decoders := 0
	eachGoFile(t, func(file string) {
		if strings.HasSuffix(file, "_test.go") || !decoder.MatchString(read(t, file)) {
			return
		}
		decoders++
		dir := path.Dir(file)
		for _, want := range []string{"func FuzzDecode(", "codectest.Run(", "codectest.CheckDecode("} {
			if !testsContain(t, dir, want) {
				t.Errorf("%s decodes, and no test in %s has %s", file, dir, want)
			}
		}
	})
	if decoders < 3 {
		t.Errorf("found %d decoders", decoders)
	}
}

// testsContain reports whether a test file in dir contains text.
func testsContain(t *testing.T, dir, text string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		rel, err := filepath.Rel(root, file)
		return err == nil && strings.Contains(read(t, rel), text)
	})
}
