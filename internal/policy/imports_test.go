package policy

import (
	"slices"
	"strings"
	"testing"
)

const module = "monkit.example"

// A rule says what the files of one folder, tests apart, may import: any of
// the standard library but std, the project's packages named by ours, and the
// modules named by theirs.
type rule struct {
	dir     string
	ours    string // space separated; "*" is any
	theirs  string // space separated module paths; "*" is any
	without string // standard packages that are refused, with what lies below
}

// rules is "Who may import whom" of ARCHITECTURE.md. The first match counts;
// a dir ending in /... covers what lies below it too.
var rules = []rule{
	{dir: "monkit", without: "net"},
	{dir: "environment", ours: "monkit", theirs: "github.com/prometheus/procfs golang.org/x/sys"},
	{dir: "tracing", ours: "monkit"},
	{dir: "tracing/monkithttp", ours: "monkit tracing"},
	{dir: "tracing/monkitslog", ours: "monkit tracing", without: "net os"},
	{dir: "tracing/zipkin", ours: "monkit tracing reporters/ledger internal/send internal/endpoint"},
	{dir: "monkittest", ours: "monkit tracing", without: "net os"},
	{dir: "present", ours: "monkit tracing environment reporters/recent internal/webpage"},
	{dir: "collect", ours: "monkit reporters reporters/ledger"},
	{dir: "reporters", ours: "monkit reporters/ledger", without: "net os"},
	{dir: "reporters/ledger", without: "net os"},
	{dir: "reporters/lines", ours: "reporters internal/send internal/endpoint"},
	{dir: "reporters/recent", ours: "monkit reporters reporters/ledger"},
	{dir: "reporters/graphite", ours: lineFormat, theirs: "github.com/marpaia/graphite-golang"},
	{dir: "reporters/influx", ours: lineFormat, theirs: "github.com/influxdata/line-protocol/v2"},
	{dir: "reporters/statsd", ours: lineFormat, theirs: "github.com/DataDog/datadog-go/v5"},
	{dir: "internal/listen", ours: "monkit reporters/ledger internal/endpoint internal/line", theirs: "golang.org/x/sys golang.org/x/net"},
	{dir: "internal/endpoint"},
	{dir: "internal/send", ours: "monkit reporters/ledger internal/endpoint",
		theirs: "github.com/cenkalti/backoff/v4 golang.org/x/sys"},
	{dir: "internal/dotted", ours: "monkit reporters", without: "net os"},
	{dir: "internal/decimal", without: "net os"},
	{dir: "internal/line", without: "net os"},
	{dir: "internal/web", ours: "internal/endpoint internal/listen internal/webpage", theirs: "golang.org/x/net"},
	{dir: "internal/webpage"},
	{dir: "internal/relay", ours: "*", theirs: "*"},
	{dir: "internal/codectest", ours: "monkit reporters"},
	{dir: "internal/faultsink"},
	{dir: "internal/policy"},
	{dir: "cmd/monkit-relay", ours: "internal/relay internal/web internal/endpoint monkit collect environment present tracing reporters reporters/graphite reporters/ledger reporters/recent examples/vlite/vlite"},
	{dir: "cmd/monkitvet", ours: "cmd/monkitvet/monkitvet", theirs: "golang.org/x/tools"},
	{dir: "cmd/monkitvet/monkitvet", theirs: "golang.org/x/tools"},
	{dir: "examples/...", ours: "*", theirs: "*"},
	{dir: "bench/...", ours: "*", theirs: "*"},
	{dir: "e2e/...", ours: "*", theirs: "*"},
	{dir: "interop/...", ours: "*", theirs: "*"},
	{dir: "compat/internal/dropin"},
	{dir: "compat/...", ours: "monkit environment present tracing tracing/monkithttp", theirs: "github.com/spacemonkeygo/monkit/v3"},
}

// lineFormat is what the package of a line format may import.
const lineFormat = "monkit reporters reporters/ledger reporters/lines internal/dotted internal/decimal internal/line"

// leaves are the folders that nobody imports from outside. The demo is the
// exception: it shows the example that every tutorial starts from.
var leaves = []string{"bench", "e2e", "interop", "examples"}

func ruleFor(dir string) (rule, bool) {
	for _, r := range rules {
		base, below := strings.CutSuffix(r.dir, "/...")
		if dir == base || below && strings.HasPrefix(dir, base+"/") {
			return r, true
		}
	}
	return rule{}, false
}

// refusal is why r does not allow the import, or "".
func (r rule) refusal(imported string) string {
	switch {
	case imported == "C":
		return "cgo is refused everywhere"
	case imported == module || strings.HasPrefix(imported, module+"/"):
		return refuse(r.ours, strings.TrimPrefix(strings.TrimPrefix(imported, module), "/"), false)
	case strings.Contains(strings.Split(imported, "/")[0], "."):
		return refuse(r.theirs, imported, true)
	}
	for _, std := range strings.Fields(r.without) {
		if imported == std || strings.HasPrefix(imported, std+"/") {
			return "this package does without " + std
		}
	}
	return ""
}

func refuse(allowed, imported string, below bool) string {
	for _, a := range strings.Fields(allowed) {
		if a == "*" || imported == a || below && strings.HasPrefix(imported, a+"/") {
			return ""
		}
	}
	if allowed == "" {
		return "nothing of the kind is allowed here"
	}
	return "allowed are: " + allowed
}

func TestImports(t *testing.T) {
	for dir, d := range folders(t) {
		r, ok := ruleFor(dir)
		if !ok {
			t.Errorf("%s: no rule says what it may import; add a row to the table in imports_test.go", dir)
			continue
		}
		for imported, file := range d.imports {
			if why := r.refusal(imported); why != "" {
				t.Errorf("%s imports %s: %s", file, imported, why)
			}
		}
		for _, imports := range []map[string]string{d.imports, d.uses} {
			for imported, file := range imports {
				if intrudes(dir, imported, r) {
					t.Errorf("%s imports %s, which nobody imports", file, imported)
				}
			}
		}
	}
}

// intrudes tells whether a package in dir reaches into a leaf that it is no
// part of and that its rule does not name.
func intrudes(dir, imported string, r rule) bool {
	ours, ok := strings.CutPrefix(imported, module+"/")
	leaf, _, _ := strings.Cut(ours, "/")
	mine, _, _ := strings.Cut(dir, "/")
	return ok && leaf != mine && slices.Contains(leaves, leaf) && !slices.Contains(strings.Fields(r.ours), ours)
}

func TestRules(t *testing.T) {
	for _, tt := range []struct {
		dir, imports string
		refused      bool
	}{
		{"monkit", "sync/atomic", false},
		{"monkit", "net/http", true},
		{"monkit", "monkit.example/collect", true},
		{"monkit", "golang.org/x/sys/unix", true},
		{"monkit", "C", true},
		{"reporters", "os/exec", true},
		{"reporters", "monkit.example/monkit", false},
		{"internal/send", "monkit.example/reporters", true},
		{"reporters/statsd", "github.com/DataDog/datadog-go/v5/statsd", false},
		{"reporters/statsd", "github.com/DataDog/datadog-go/v56", true},
		{"internal/relay", "monkit.example/present", false},
		{"internal/relay", "monkit.example/bench/load", true},
		{"cmd/monkit-relay", "monkit.example/examples/vlite/vlite", false},
		{"e2e/servers", "monkit.example/collect", false},
	} {
		r, ok := ruleFor(tt.dir)
		if !ok {
			t.Errorf("%s: no rule", tt.dir)
		}
		if got := r.refusal(tt.imports) != "" || intrudes(tt.dir, tt.imports, r); got != tt.refused {
			t.Errorf("%s imports %s: refused %v, want %v", tt.dir, tt.imports, got, tt.refused)
		}
	}
}
