package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// A word is not written in this project, and instead says which words are: see
// the glossary at the end of ARCHITECTURE.md. The pattern ignores case. Names
// are matched as the words that they are made of.
type word struct{ pattern, instead string }

// words are written in pieces, so that this file does not match itself.
var words = []word{
	// Sentences: subject, verb, object, with the noun spelled out.
	{`te` + `ll(s|ing)?|to` + `ld`, "a verb that says how: report, emit, return, log, print, show"},
	{`no` + `body|some` + `body|any` + `body|who` + `ever`, "the noun"},
	{`tho` + `se who|for wh` + `om|wh` + `om`, "the noun"},
	{`an` + `ew`, "again, or from the start"},
	{`le` + `ts? go`, "release, close, stop"},
	{`mean` + `while`, "while …, with what happens"},
	{`sh` + `all`, "must, or the present tense"},
	// One word for one thing.
	{`int` + `akes?|out` + `lets?`, "listener, destination or reporter"},
	{`the la` + `w|unexp` + `lained`, "balance, ledger, unaccounted"},
	{`fo` + `ld(s|ed|ing)?`, "aggregate, aggregation"},
	{`la` + `nes?`, "shard"},
	{`wi` + `den|many wa` + `its|po` + `ur(s|ed)?`, "grow, contentionLimit, drainInto"},
	{`fa` + `de|rev` + `ive|look aro` + `und`, "weaken, restore, sweep"},
	{`na` + `p(s|ped|ping)?|pa` + `cer|pati` + `ence|hu` + `sh`, "coalesce, delay, idle, timer, lowWater"},
	{`nu` + `dge|turn` + `stile`, "wake, open"},
	{`rub` + `bish`, "garbage, or what is overwritten with"},
}

// An exception allows a word in one file, or below a folder if path ends in a
// slash.
type exception struct{ path, word, reason string }

var exceptions = []exception{}

// maxExceptions keeps the list short. A word that needs more exceptions should
// not be in the list.
const maxExceptions = 10

func TestWords(t *testing.T) {
	if len(exceptions) > maxExceptions {
		t.Errorf("%d exceptions; at most %d", len(exceptions), maxExceptions)
	}
	used := map[exception]bool{}
	eachText(t, func(path string, line int, text string) {
		for _, w := range unwanted(text) {
			if e, ok := excepted(path, w.found); ok {
				used[e] = true
			} else {
				t.Errorf("%s:%d: %q in %q: write %s", path, line, w.found, excerpt(text), w.instead)
			}
		}
	})
	for _, e := range exceptions {
		if !used[e] {
			t.Errorf("%s does not write %q (%s); delete the exception", e.path, e.word, e.reason)
		}
	}
}

type finding struct{ found, instead string }

var patterns = func() (all []*regexp.Regexp) {
	for _, w := range words {
		all = append(all, regexp.MustCompile(`(?i)\b(`+w.pattern+`)\b`))
	}
	return all
}()

// unwanted returns the words of the list that text has.
func unwanted(text string) (all []finding) {
	for i, p := range patterns {
		for _, found := range p.FindAllString(text, -1) {
			all = append(all, finding{strings.ToLower(found), words[i].instead})
		}
	}
	return all
}

func excepted(path, found string) (exception, bool) {
	for _, e := range exceptions {
		if e.word == found && (e.path == path || strings.HasSuffix(e.path, "/") && strings.HasPrefix(path, e.path)) {
			return e, true
		}
	}
	return exception{}, false
}

func excerpt(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 120 {
		text = text[:120] + "…"
	}
	return text
}

// eachText calls fn with the comments, string literals and names of Go files,
// and with the lines of documents, pages, scripts and settings.
func eachText(t *testing.T, fn func(path string, line int, text string)) {
	t.Helper()
	eachFile(t, func(path string) {
		switch {
		case strings.HasSuffix(path, ".go"):
			eachTextOfGo(t, path, fn)
		case isProse(path):
			n := 0
			for line := range strings.Lines(read(t, path)) {
				n++
				fn(path, n, line)
			}
		}
	})
}

// isProse reports whether a file that is not Go is written for people.
func isProse(path string) bool {
	switch filepath.Ext(path) {
	case ".md", ".html", ".txtar", ".css", ".js", ".sh", ".yml", ".yaml":
		return true
	}
	return path == "Makefile" || strings.HasPrefix(path, ".ci/")
}

func eachTextOfGo(t *testing.T, path string, fn func(path string, line int, text string)) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, filepath.Join(root, filepath.FromSlash(path)), nil, parser.ParseComments)
	if err != nil {
		t.Error(err)
		return
	}
	at := func(n ast.Node) int { return fset.Position(n.Pos()).Line }
	for _, group := range f.Comments {
		fn(path, at(group), group.Text())
	}
	seen := map[string]bool{} // a name is reported once a file
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				fn(path, at(n), n.Value)
			}
		case *ast.Ident:
			if !seen[n.Name] {
				seen[n.Name] = true
				fn(path, at(n), spelled(n.Name))
			}
		}
		return true
	})
}

// spelled returns the words of a name in lower case: "isOpen" is "is open", and
// "ANewURL" is "a new url".
func spelled(name string) string {
	runes := []rune(name)
	var b strings.Builder
	for i, r := range runes {
		starts := i > 0 && unicode.IsUpper(r) &&
			(unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if starts || r == '_' {
			b.WriteByte(' ')
		}
		if r != '_' {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

func TestSpelled(t *testing.T) {
	for name, want := range map[string]string{
		"isOpen": "is open", "ANewURL": "a new url", "TestANewOne": "test a new one", "HTTPServer": "http server", "max_line": "max line", "x": "x",
	} {
		if got := spelled(name); got != want {
			t.Errorf("spelled(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestUnwanted(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       string
	}{
		{"a word of the list is found", "It te" + "lls what it has.", "te" + "lls"},
		{"case does not matter", "No" + "body knows.", "no" + "body"},
		{"a word within another is not", "the renewal of a stall, an" + "ewt", ""},
		{"two words are found as a name", spelled("le" + "tGo"), "le" + "t go"},
		{"a name is found by any of its words", spelled("TestSome" + "bodyWaits"), "some" + "body"},
		{"plain words pass", "Flush waits until the queue is empty.", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range unwanted(tt.text) {
				got = append(got, f.found)
			}
			if strings.Join(got, ",") != tt.want {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
}
