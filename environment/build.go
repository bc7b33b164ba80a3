package environment

import (
	"runtime/debug"
	"sync"
	"time"

	"monkit.example/monkit"
)

var (
	buildSource = &source{stats: buildStats}

	// ownBuild reads the build information once, since it does not change while
	// the program runs.
	ownBuild = sync.OnceValue(func() build {
		info, ok := debug.ReadBuildInfo()
		if !ok {
			info = &debug.BuildInfo{}
		}
		return newBuild(info)
	})
)

// Build returns the source of what the program was built from: a series that is
// always 1, whose tags are the versions of Go and of the program.
func Build() monkit.StatSource { return buildSource }

func buildStats(cb emit) {
	b := ownBuild()
	cb(b.key, "value", 1)
	if b.vcs {
		cb(b.key, "modified", b.modified)
	}
	if !b.committed.IsZero() {
		cb(b.key, "time", float64(b.committed.Unix()))
	}
}

type build struct {
	key       monkit.SeriesKey
	committed time.Time // zero if unknown
	vcs       bool      // whether modified is known
	modified  float64   // 1 if the source code was changed after the commit
}

// newBuild converts info. A value that info lacks gives no tag.
func newBuild(info *debug.BuildInfo) build {
	b := build{key: monkit.NewSeriesKey("build")}
	tag := func(key, val string) {
		if val != "" {
			b.key = b.key.WithTag(key, val)
		}
	}
	tag("go", info.GoVersion)
	tag("path", info.Path)
	tag("version", info.Main.Version)
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			tag("revision", s.Value)
		case "vcs.time":
			b.committed, _ = time.Parse(time.RFC3339, s.Value)
		case "vcs.modified":
			b.vcs = true
			if s.Value == "true" {
				b.modified = 1
			}
		}
	}
	return b
}
