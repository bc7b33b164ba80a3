package environment

import (
	"runtime"
	"runtime/debug"
	"testing"

	"monkit.example/monkit"
)

func TestBuildInfoBecomesTagsAndFields(t *testing.T) {
	for _, tt := range []struct {
		name   string
		info   debug.BuildInfo
		series string
		time   int64 // zero if unknown
		dirty  float64
	}{
		{"from a checkout", debug.BuildInfo{
			GoVersion: "go1.26", Path: "example.com/app", Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
				{Key: "vcs.revision", Value: "c0ffee"}, {Key: "vcs.time", Value: "2001-09-09T01:46:40Z"}, {Key: "vcs.modified", Value: "true"}},
		}, "build,go=go1.26,path=example.com/app,revision=c0ffee,version=v1.2.3", 1e9, 1},
		{"without version control", debug.BuildInfo{GoVersion: "go1.26"}, "build,go=go1.26", 0, 0},
		{"an invalid time is left out", debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.time", Value: "noon"}, {Key: "vcs.modified", Value: "false"}}},
			"build", 0, 0},
		{"no information", debug.BuildInfo{}, "build", 0, 0},
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

func TestBuildIsOneSeriesWithValueOne(t *testing.T) {
	var got []string
	Build().Stats(func(key monkit.SeriesKey, field string, val float64) {
		if key.Measurement == "build" && key.Tags.Get("go") == runtime.Version() && field == "value" && val == 1 {
			got = append(got, key.String())
		}
	})
	if len(got) != 1 {
		t.Errorf("%d series build have this Go version and the value 1, want 1: %q", len(got), got)
	}
}
