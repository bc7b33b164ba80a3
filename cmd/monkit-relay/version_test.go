package main

import (
	"errors"
	"runtime/debug"
	"strings"
	"testing"
)

// full is a file on a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// Output that cannot be written changes the exit code of a command whose output is all
// that it does, and not that of the relay, as the help says.
func TestExitCodesOfOutputThatCannotBeWritten(t *testing.T) {
	var log strings.Builder
	for _, args := range [][]string{{"version"}, {"-version"}} {
		if code := runCommand(args, full{}, &log); code != exitFailed || !strings.Contains(log.String(), "no space left") {
			t.Errorf("%q: exit code %d, log %s", args, code, log.String())
		}
	}
	if code := runCommand([]string{"-h"}, full{}, &log); code != exitOK {
		t.Errorf("-h: exit code %d", code)
	}
	for _, want := range []string{"The exit code of the relay is 0", "ledger or log that cannot be written does\nnot change it", "version exits with 1 if its output cannot be written"} {
		if !strings.Contains(usage, want) {
			t.Errorf("the help lacks %q", want)
		}
	}
}

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
