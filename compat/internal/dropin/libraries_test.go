package dropin

import (
	_ "embed"
	"path"
	"path/filepath"
	"testing"
)

//go:embed testdata/drpc_test.go.txt
var drpcRegistryTest string

// Libraries that are instrumented with monkit/v3 build without changes and pass
// their tests, except for tests that need a network. Their requirements keep their
// versions, except for those that are older than the oldest of ours.
func TestInstrumentedLibraries(t *testing.T) {
	for _, l := range []struct {
		module, version string
		build           []string
		test            []string
		skip            string            // a pattern of tests, for go test -skip
		add             map[string]string // name of a file → its text
		raised          map[string]string // module → the version that it gets
	}{
		{
			module:  "storj.io/drpc",
			version: "v0.0.20", // the last version that is instrumented
			build:   []string{"./..."},
			test:    []string{"./..."},
			add:     map[string]string{"dropin/registry_test.go": drpcRegistryTest},
			// It requires a version of 2021. That of 2022 is what golang.org/x/net
			// v0.1.0 requires.
			raised: map[string]string{"golang.org/x/sync": "v0.0.0-20220722155255-886fb9371eb4"},
		},
		{
			module:  "storj.io/common",
			version: "v0.0.0-20260903112600-b776c2238d07",
			build: []string{"./accesslogs", "./debug", "./encryption", "./identity", "./macaroon", "./metrics", "./netutil",
				"./peertls/tlsopts", "./process", "./ranger/...", "./rpc/...", "./signing", "./sync2", "./telemetry",
				"./traces", "./tracing", "./version"},
			test: []string{"./debug", "./identity", "./macaroon", "./metrics", "./process", "./ranger/...", "./rpc",
				"./rpc/rpcpool", "./telemetry", "./version"},
			// The first resolves names. The others take minutes, for a trace of
			// the runtime.
			skip: "^TestLookupNodeAddress|^TestRemoteDebugServer_.*_SomeData$",
		},
	} {
		t.Run(path.Base(l.module), func(t *testing.T) {
			dir := copyModule(t, l.module, l.version)
			for file, text := range l.add {
				write(t, filepath.Join(dir, filepath.FromSlash(file)), text)
			}
			mustRun(t, dir, append([]string{"build"}, l.build...)...)
			test := []string{"test", "-short", "-count=1"}
			if l.skip != "" {
				test = append(test, "-skip="+l.skip)
			}
			mustRun(t, dir, append(test, l.test...)...)
			after := readGoMod(t, dir).Versions
			for path, had := range readGoMod(t, download(t, l.module, l.version)).Versions {
				if raised := l.raised[path]; after[path] != had && (raised == "" || after[path] != raised) {
					t.Errorf("%s %s became %s", path, had, after[path])
				}
			}
		})
	}
}
