package main

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersionSaysWhatItWasBuiltFrom(t *testing.T) {
	setting := func(key, value string) debug.BuildSetting { return debug.BuildSetting{Key: key, Value: value} }
	for _, tt := range []struct {
		name string
		info debug.BuildInfo
		want []string
	}{
		{"released", debug.BuildInfo{GoVersion: "go1.26.1", Main: debug.Module{Path: "monkit.example", Version: "v1.2.3"}, Settings: []debug.BuildSetting{
			setting("GOOS", "plan9"), setting("GOARCH", "mips"),
		}}, []string{"monkit-relay v1.2.3\n", "module: monkit.example\n", "commit: unknown\n", "go: go1.26.1\n", "platform: plan9/mips\n"}},
		{"clean checkout", debug.BuildInfo{Settings: []debug.BuildSetting{
			setting("vcs.revision", "abc123"), setting("vcs.modified", "false"), setting("vcs.time", "2026-01-02T03:04:05Z"),
		}}, []string{"monkit-relay (devel)\n", "commit: abc123, of 2026-01-02T03:04:05Z\n"}},
		{"changed checkout", debug.BuildInfo{Settings: []debug.BuildSetting{
			setting("vcs.revision", "abc123"), setting("vcs.modified", "true"),
		}}, []string{"commit: abc123 with changes that are not committed\n"}},
		{"nothing known", debug.BuildInfo{}, []string{"monkit-relay (devel)\n", "module: unknown\n", "commit: unknown\n", "platform: "}},
	} {
		got := versionText(&tt.info)
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: the version lacks %q:\n%s", tt.name, want, got)
			}
		}
	}
}
