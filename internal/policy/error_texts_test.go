package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"monkit.example/internal/endpoint"
)

// Pages and logs show the error of a rejected line with what looks like a credential
// masked. The text of the error itself must not look like one, such as key=value.
func TestErrorsAboutLinesAreNotMasked(t *testing.T) {
	for _, files := range []string{"graphite/decode*.go", "influx/decode*.go", "influx/precision.go", "statsd/decode*.go", "pickle/*.go"} {
		texts := errorTexts(t, files)
		if len(texts) == 0 {
			t.Errorf("no errors are found in %s", files)
		}
		for _, text := range texts {
			for _, line := range []string{"", "a;key 1 1795701849", "a:1|c|x", "m f=x 1", "key=token"} {
				if _, shown := endpoint.RedactLine(line, text, len(text)); shown != text {
					t.Errorf("%s: the error %q about %q is shown as %q: write it without a name and a value such as key=value", files, text, line, shown)
				}
			}
		}
	}
}

// errorTexts returns the texts that errors.New and fmt.Errorf get in files of decoders.
func errorTexts(t *testing.T, pattern string) (texts []string) {
	files, err := filepath.Glob(filepath.Join("..", "..", "reporters", filepath.FromSlash(pattern)))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := errorText(n); ok {
				texts = append(texts, text)
			}
			return true
		})
	}
	return texts
}

// errorText returns the constant that a call of errors.New or fmt.Errorf starts with.
func errorText(n ast.Node) (text string, ok bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return "", false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != "New" && f.Sel.Name != "Errorf" {
		return "", false
	}
	arg, ok := call.Args[0].(*ast.BasicLit)
	if !ok || arg.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(arg.Value)
	return text, err == nil
}
