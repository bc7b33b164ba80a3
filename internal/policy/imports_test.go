package policy

import (
	"slices"
	"strings"
	"testing"
)

const module = "monkit.example"

// A rule says what the files of one folder, except tests, may import.
type rule struct {
	dir     string
	ours    string // packages of this module, separated by spaces; "*" is any
	theirs  string // other modules, separated by spaces; "*" is any
	without string // standard packages that are not allowed, with those below them
}

// rules are matched from the top. A dir that ends in /... matches the folders
// below it, too.
var rules = []rule{
	{dir: "monkit", ours: "monkit/internal/histogram", without: "net"},
	{dir: "monkit/internal/histogram", without: "net os"},
	{dir: "environment", ours: "monkit", theirs: "golang.org/x/sys"},
	{dir: "tracing", ours: "monkit internal/printable"},
	{dir: "tracing/monkithttp", ours: "monkit tracing internal/printable"},
	{dir: "tracing/monkitslog", ours: "monkit tracing", without: "net os"},
	{dir: "tracing/zipkin", ours: "monkit tracing reporters/ledger internal/push internal/send internal/endpoint internal/safelog internal/printable"},
	{dir: "monkittest", ours: "monkit tracing", without: "net os"},
	{dir: "present", ours: "monkit tracing environment reporters/recent reporters/prometheus internal/webpage internal/printable internal/loglimit internal/safelog"},
	{dir: "collect", ours: "monkit reporters reporters/ledger internal/naming internal/serieskey internal/safelog internal/loglimit"},
	{dir: "reporters", ours: "monkit reporters/ledger internal/endpoint internal/examples internal/decimal internal/idlemap internal/loglimit internal/safelog internal/serieskey", without: "net os"},
	{dir: "reporters/ledger", without: "net os/exec os/signal"},
	{dir: "reporters/lines", ours: "reporters internal/send internal/push internal/endpoint"},
	{dir: "reporters/recent", ours: "monkit reporters reporters/ledger"},
	{dir: "reporters/shape", ours: "monkit reporters reporters/ledger internal/collide internal/idlemap internal/serieskey internal/safelog internal/loglimit", without: "net os"},
	{dir: "reporters/prometheus", ours: "monkit collect reporters internal/webpage internal/printable internal/dotted"},
	{dir: "reporters/graphite", ours: lineFormat},
	{dir: "reporters/influx", ours: lineFormat, theirs: "github.com/influxdata/line-protocol/v2"},
	{dir: "reporters/otlp", ours: "monkit reporters internal/send internal/push internal/endpoint internal/idlemap internal/safelog"},
	{dir: "reporters/pickle", ours: "reporters reporters/graphite internal/send internal/push internal/endpoint internal/decimal"},
	{dir: "reporters/statsd", ours: lineFormat},
	{dir: "internal/listen", ours: "monkit reporters/ledger internal/endpoint internal/line internal/ready internal/safelog internal/loglimit internal/descriptors internal/peerhost", theirs: "golang.org/x/sys"},
	{dir: "internal/aggregate", ours: "monkit reporters reporters/ledger internal/examples internal/safelog internal/loglimit", without: "net os"},
	{dir: "internal/endpoint", ours: "internal/printable"},
	{dir: "internal/push", ours: "reporters internal/send internal/safelog internal/loglimit"},
	{dir: "internal/send", ours: "monkit reporters/ledger internal/endpoint internal/ready internal/spool internal/loglimit internal/safelog",
		theirs: "github.com/cenkalti/backoff/v4 golang.org/x/sys"},
	{dir: "internal/ready", theirs: "golang.org/x/sys"},
	{dir: "internal/serieskey", ours: "monkit", without: "net os"},
	{dir: "internal/spool", theirs: "golang.org/x/sys", without: "net"},
	{dir: "internal/spools", ours: "reporters reporters/ledger internal/spool", theirs: "golang.org/x/sys", without: "net"},
	{dir: "internal/dotted", ours: "monkit reporters", without: "net os"},
	{dir: "internal/collide", ours: "monkit reporters internal/serieskey internal/loglimit", without: "net os"},
	{dir: "internal/decimal", without: "net os"},
	{dir: "internal/idlemap", without: "net os"},
	{dir: "internal/line", without: "net os"},
	{dir: "internal/naming", ours: "monkit", without: "net os"},
	{dir: "internal/web", ours: "internal/endpoint internal/listen internal/printable internal/webpage"},
	{dir: "internal/printable", without: "net os"},
	{dir: "internal/hostile"},
	{dir: "internal/webpage", ours: "internal/printable internal/loglimit internal/safelog internal/descriptors internal/peerhost"},
	{dir: "internal/descriptors"},
	{dir: "internal/peerhost"},
	{dir: "internal/safelog", without: "net os"},
	{dir: "internal/examples", ours: "reporters/ledger internal/endpoint internal/printable", without: "net os"},
	{dir: "internal/loglimit", ours: "internal/printable", without: "net os"},
	{dir: "internal/relay", ours: "*", theirs: "*"},
	{dir: "internal/codectest", ours: "monkit reporters reporters/ledger"},
	{dir: "internal/faultsink"},
	{dir: "internal/policy"},
	{dir: "cmd/monkit-relay", ours: "internal/relay internal/spools internal/printable internal/web internal/webpage internal/endpoint internal/safelog internal/loglimit reporters monkit collect environment present tracing reporters/graphite reporters/ledger reporters/prometheus reporters/recent examples/vlite/vlite"},
	{dir: "cmd/monkitvet", ours: "cmd/monkitvet/monkitvet", theirs: "golang.org/x/tools"},
	{dir: "cmd/monkitvet/monkitvet", theirs: "golang.org/x/tools"},
	{dir: "examples/...", ours: "*", theirs: "*"},
	{dir: "bench/...", ours: "*", theirs: "*"},
	{dir: "e2e/...", ours: "*", theirs: "*"},
	{dir: "interop/...", ours: "*", theirs: "*"},
	{dir: "browser/...", ours: "*", theirs: "*"},
	{dir: "scripts", ours: "*", theirs: "*"},
	{dir: "compat/internal/dropin"},
	{dir: "compat/...", ours: "monkit environment present tracing tracing/monkithttp", theirs: "github.com/spacemonkeygo/monkit/v3"},
}

// lineFormat is what the package of a line format may import.
const lineFormat = "monkit reporters reporters/ledger reporters/lines internal/collide internal/dotted internal/decimal internal/line internal/naming internal/safelog"

// leaves are the folders that no package outside them imports. The demo is the
// exception: it runs the example that every tutorial starts with.
var leaves = []string{"bench", "browser", "e2e", "interop", "scripts", "examples"}

func ruleFor(dir string) (rule, bool) {
	for _, r := range rules {
		base, below := strings.CutSuffix(r.dir, "/...")
		if dir == base || below && strings.HasPrefix(dir, base+"/") {
			return r, true
		}
	}
	return rule{}, false
}

// refusal returns why r does not allow the import, or "".
func (r rule) refusal(imported string) string {
	switch {
	case imported == "C":
		return "cgo is not allowed"
	case imported == module || strings.HasPrefix(imported, module+"/"):
		return refuse(r.ours, strings.TrimPrefix(strings.TrimPrefix(imported, module), "/"), false)
	case strings.Contains(strings.Split(imported, "/")[0], "."):
		return refuse(r.theirs, imported, true)
	}
	for _, std := range strings.Fields(r.without) {
		if imported == std || strings.HasPrefix(imported, std+"/") {
			return "this package must not import " + std
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
		return "none is allowed here"
	}
	return "allowed are: " + allowed
}

func TestPackagesImportOnlyWhatTheirRuleAllows(t *testing.T) {
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
					t.Errorf("%s imports %s, which no package outside may import", file, imported)
				}
			}
		}
	}
}

// intrudes reports whether a package in dir imports from a leaf that it is not
// part of and that its rule does not name.
func intrudes(dir, imported string, r rule) bool {
	ours, ok := strings.CutPrefix(imported, module+"/")
	leaf, _, _ := strings.Cut(ours, "/")
	mine, _, _ := strings.Cut(dir, "/")
	return ok && leaf != mine && slices.Contains(leaves, leaf) && !slices.Contains(strings.Fields(r.ours), ours)
}

func TestRulesNameFoldersThatExist(t *testing.T) {
	all := folders(t)
	for _, r := range rules {
		base, below := strings.CutSuffix(r.dir, "/...")
		used := all[base] != nil
		for dir := range all {
			used = used || below && strings.HasPrefix(dir, base+"/")
		}
		if !used {
			t.Errorf("there is a rule for %s, which has no Go files; delete it", r.dir)
		}
		for _, ours := range strings.Fields(r.ours) {
			if ours != "*" && all[ours] == nil {
				t.Errorf("the rule for %s allows %s, which has no Go files", r.dir, ours)
			}
		}
	}
}

func TestRulesRefuseImports(t *testing.T) {
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
		{"reporters/influx", "github.com/influxdata/line-protocol/v2/lineprotocol", false},
		{"reporters/influx", "github.com/influxdata/line-protocol/v22", true},
		{"reporters/statsd", "github.com/DataDog/datadog-go/v5/statsd", true},
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
