package dropin

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files of the library's tests that are about its insides alone.
var inside = map[string]string{
	"callers_test.go":             "how the names of the runtime are cut is not exported",
	"rng_test.go":                 "distributions need no random numbers any more",
	"environment/os_test.go":      "how descriptors are counted is not exported",
	"environment/process_test.go": "how the executable is opened is not exported",
}

// Other files look at something inside that is exported too, by another name.
var exportedTwin = strings.NewReplacer(
	"ts.all[", "ts.All()[",
	"].all;", "].All();",
	"mon.r.", "Default.",
)

// What the tests of package http use of its insides: names.
const headers = `package http

const (
	traceParentHeader = "traceparent"
	traceStateHeader  = "tracestate"
	baggageHeader     = "baggage"
	traceIDHeader     = "trace-id"
)

func ref(id int64) *int64 { return &id }
`

// Tests that fail, since what they ask for was repaired.
var repaired = map[string]string{
	"/http TestSetHeader/not_sampled,_but_with_trace": standardForm,
	"/http TestSetHeader/sampled":                     standardForm,
	"/http TestSetHeader/sampled__with_baggage":       standardForm,
	"/http TestPropagation":                           caller,
	"/http TestBaggage":                               caller,
	"/http TestWrapping":                              status,
	"/http TestWrappingFlusher":                       status,
}

const (
	standardForm = "traceparent has the length that W3C Trace Context demands, 2-32-16-2"
	caller       = "the caller in traceparent is the client's span, not the parent of that"
	status       = "the status is that of the answer which was begun, not one that is set after it"
)

// The library's own tests pass, as far as what they ask for is right. They run
// within our packages, where their own were.
func TestTestsOfTheLibrary(t *testing.T) {
	dir := t.TempDir()
	copyFiles(t, dir, filepath.Join(repository(t), "compat"), func(path string) bool {
		return !strings.HasSuffix(path, "_test.go") && !strings.HasPrefix(path, "internal/")
	})
	copyFiles(t, dir, download(t, replaced, version), func(path string) bool {
		return inside[path] == "" && (strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "internal/"))
	})
	write(t, filepath.Join(dir, "http", "headers_test.go"), headers)
	mustRun(t, dir, "mod", "edit", "-replace="+successor+"="+repository(t))

	out, _ := run(t, dir, "test", "-json", "-count=1", "./...")
	results, log := resultsOf(out)
	for test, passed := range results {
		why, expected := repaired[test]
		switch {
		case !passed && !expected && !hasRepaired(test):
			t.Errorf("%s fails", test)
		case passed && expected:
			t.Errorf("%s passes, though it is said not to: %s", test, why)
		}
	}
	for test := range repaired {
		if _, ran := results[test]; !ran {
			t.Errorf("%s did not run", test)
		}
	}
	// As many as there were when this was written: one that does not build
	// has no results.
	if len(results) < 23 || t.Failed() {
		t.Errorf("%d tests ran:\n%s", len(results), log)
	}
}

// hasRepaired tells whether a test can but fail because one below it does.
func hasRepaired(test string) bool {
	for name := range repaired {
		if strings.HasPrefix(name, test+"/") {
			return true
		}
	}
	return false
}

// copyFiles copies the Go files and go.mod below from that are wanted.
func copyFiles(t *testing.T, to, from string, wanted func(path string) bool) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(from), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !wanted(path) || strings.HasPrefix(path, "examples/") {
			return err
		}
		text, err := os.ReadFile(filepath.Join(from, filepath.FromSlash(path)))
		if err != nil {
			return err
		}
		write(t, filepath.Join(to, filepath.FromSlash(path)), exportedTwin.Replace(string(text)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// resultsOf reads what go test -json writes: which tests passed, and the text
// of it all.
func resultsOf(out string) (passed map[string]bool, log string) {
	passed = map[string]bool{}
	var text strings.Builder
	for line := range strings.Lines(out) {
		var e struct{ Action, Package, Test, Output string }
		if json.Unmarshal([]byte(line), &e) != nil {
			text.WriteString(line)
			continue
		}
		text.WriteString(e.Output)
		name := strings.TrimPrefix(e.Package, replaced) + " " + e.Test
		if e.Test != "" && (e.Action == "pass" || e.Action == "fail") {
			passed[name] = e.Action == "pass"
		}
	}
	return passed, text.String()
}
