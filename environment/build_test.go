package environment

import (
	"runtime/debug"
	"testing"

	"monkit.example/monkit"
)

func TestBuild(t *testing.T) {
	for _, tt := range []struct {
		name   string
		info   debug.BuildInfo
		series string
		time   int64 // zero: not known
		dirty  float64
	}{
		{"from a checkout", debug.BuildInfo{
			GoVersion: "go1.26", Path: "example.com/app", Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
				{Key: "vcs.revision", Value: "c0ffee"}, {Key: "vcs.time", Value: "2001-09-09T01:46:40Z"}, {Key: "vcs.modified", Value: "true"}},
		}, "build,go=go1.26,path=example.com/app,revision=c0ffee,version=v1.2.3", 1e9, 1},
		{"without version control", debug.BuildInfo{GoVersion: "go1.26"}, "build,go=go1.26", 0, 0},
		{"a time that is none", debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.time", Value: "noon"}, {Key: "vcs.modified", Value: "false"}}},
			"build", 0, 0},
		{"nothing known", debug.BuildInfo{}, "build", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBuild(&tt.info)
			if got := b.key.String(); got != tt.series {
				t.Errorf("series is %s, want %s", got, tt.series)
			}
			if b.modified != tt.dirty {
				t.Errorf("modified is %v, want %v", b.modified, tt.dirty)
			}
			if got := max(0, b.committed.Unix()); got != tt.time {
				t.Errorf("time is %v, want %v", got, tt.time)
			}
		})
	}
}

func TestBuildIsOne(t *testing.T) {
	for name, val := range monkit.Collect(Build()) {
		if val == 1 && len(name) > len("build value") {
			return
		}
	}
	t.Errorf("got %v", monkit.Collect(Build()))
}
