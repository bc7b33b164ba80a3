package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

const versionUsage = `usage: monkit-relay version

Prints the module and its version, the commit that the program was built from, the
version of Go, and the operating system and processor that it was built for.
`

// runVersion is the command version.
func runVersion(args []string, stdout, stderr io.Writer) int {
	f := newFlagSet("monkit-relay version", "version takes no arguments")
	if err := f.read(args, versionUsage, stdout); err != nil {
		return usageCode("monkit-relay: version: ", err, stderr)
	}
	return printVersion(stdout, stderr)
}

// printVersion prints what is known about this program, and returns the exit code.
func printVersion(stdout, stderr io.Writer) int {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{GoVersion: runtime.Version()}
	}
	if _, err := io.WriteString(stdout, versionText(info)); err != nil {
		fmt.Fprintln(stderr, "monkit-relay: version:", err)
		return exitFailed
	}
	return exitOK
}

// versionText returns the lines that the command version prints. A program that
// was built without a repository, or without stamps, has no commit.
func versionText(info *debug.BuildInfo) string {
	settings := make(map[string]string)
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	commit := cmp.Or(settings["vcs.revision"], "unknown")
	if settings["vcs.modified"] == "true" {
		commit += " with changes that are not committed"
	}
	if at := settings["vcs.time"]; at != "" {
		commit += ", of " + at
	}
	return fmt.Sprintf("monkit-relay %s\nmodule: %s\ncommit: %s\ngo: %s\nplatform: %s/%s\n",
		cmp.Or(info.Main.Version, "(devel)"), cmp.Or(info.Main.Path, "unknown"), commit, info.GoVersion,
		cmp.Or(settings["GOOS"], runtime.GOOS), cmp.Or(settings["GOARCH"], runtime.GOARCH))
}
