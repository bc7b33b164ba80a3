package dropin

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// internalTests are the test files of monkit/v3 that test only what is not
// exported.
var internalTests = map[string]string{
	"callers_test.go":             "the function that cuts the runtime's names is not exported",
	"rng_test.go":                 "distributions use no random numbers any more",
	"environment/os_test.go":      "the function that counts descriptors is not exported",
	"environment/process_test.go": "the function that opens the executable is not exported",
}

// exportedNames replaces unexported names in other test files by exported ones
// that mean the same.
var exportedNames = strings.NewReplacer(
	"ts.all[", "ts.All()[",
	"].all;", "].All();",
	"mon.r.", "Default.",
)

// headers declares the unexported names that the tests of package http use.
const headers = `package http

const (
	traceParentHeader = "traceparent"
	traceStateHeader  = "tracestate"
	baggageHeader     = "baggage"
	traceIDHeader     = "trace-id"
)

func ref(id int64) *int64 { return &id }
`

// expectedFailures are the tests of monkit/v3 that expect what this project
// corrected.
var expectedFailures = map[string]string{
	"/http TestSetHeader/not_sampled,_but_with_trace": standardForm,
	"/http TestSetHeader/sampled":                     standardForm,
	"/http TestSetHeader/sampled__with_baggage":       standardForm,
	"/http TestPropagation":                           caller,
	"/http TestBaggage":                               caller,
	"/http TestWrapping":                              status,
	"/http TestWrappingFlusher":                       status,
}

const (
	standardForm = "traceparent has the length that W3C Trace Context requires, 2-32-16-2"
	caller       = "the caller in traceparent is the client's span, not the parent of that span"
	status       = "the status is the one that was sent, not one that is set later"
)

// The tests of monkit/v3 pass, except for expectedFailures. They run inside the
// packages of this module.
func TestUpstreamTestsPass(t *testing.T) {
	dir := t.TempDir()
	copyFiles(t, dir, filepath.Join(repository(t), "compat"), func(path string) bool {
		return !strings.HasSuffix(path, "_test.go") && !strings.HasPrefix(path, "internal/")
	})
	copyFiles(t, dir, download(t, v3Module, version), func(path string) bool {
		return internalTests[path] == "" && (strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "internal/"))
	})
	write(t, filepath.Join(dir, "http", "headers_test.go"), headers)
	mustRun(t, dir, "mod", "edit", "-replace="+mainModule+"="+repository(t))

	out, _ := run(t, dir, "test", "-json", "-count=1", "./...")
	results, log := resultsOf(out)
	for test, passed := range results {
		correction, expected := expectedFailures[test]
		switch {
		case !passed && !expected && !hasExpectedFailure(test):
			t.Errorf("%s fails", test)
		case passed && expected:
			t.Errorf("%s passes, although it is expected to fail: %s", test, correction)
		}
	}
	for test := range expectedFailures {
		if _, ran := results[test]; !ran {
			t.Errorf("%s did not run", test)
		}
	}
	// The version that is downloaded has 23. A package that does not build has
	// no results.
	if len(results) < 23 || t.Failed() {
		t.Errorf("%d tests ran:\n%s", len(results), log)
	}
}

// hasExpectedFailure reports whether a subtest of test is expected to fail, and
// test with it.
func hasExpectedFailure(test string) bool {
	for name := range expectedFailures {
		if strings.HasPrefix(name, test+"/") {
			return true
		}
	}
	return false
}

// copyFiles copies the wanted files below from, with exportedNames in them.
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
		write(t, filepath.Join(to, filepath.FromSlash(path)), exportedNames.Replace(string(text)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// resultsOf parses the output of go test -json. It returns the tests and whether
// they passed, and the output as text.
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
		name := strings.TrimPrefix(e.Package, v3Module) + " " + e.Test
		if e.Test != "" && (e.Action == "pass" || e.Action == "fail") {
			passed[name] = e.Action == "pass"
		}
	}
	return passed, text.String()
}
