package environment

import (
	"testing"

	"monkit.example/monkit"
)

// A walk may run every second for years in a program that counts allocations.
// For a file to be opened, its name must be copied once.
func TestAllocs(t *testing.T) {
	for _, tt := range []struct {
		name   string
		source *source
		want   float64
	}{
		{"OS", osSource, 1},
		{"Proc", procSource, 3 + raceAllocs},
		{"Process", processSource, 0},
		{"Runtime", runtimeSource, 0},
		{"Rusage", rusageSource, 0},
		{"Build", buildSource, 0},
		{"Limits", limitsSource, 0},
		{"Pressure", pressureSource, 4 + raceAllocs},
	} {
		t.Run(tt.name, func(t *testing.T) {
			walk := func() { tt.source.Stats(func(monkit.SeriesKey, string, float64) {}) }
			walk()
			if got := testing.AllocsPerRun(100, walk); got > tt.want {
				t.Errorf("%v allocations a walk, want %v", got, tt.want)
			}
		})
	}
}

func TestCgroupAllocs(t *testing.T) {
	top := tree(t, wholeGroup)
	g := newCgroup(place{top + "/a/b", top})
	// 14 files of the group, and 3 of it and each of the two above. Seven calls
	// have a buffer.
	const want = 14 + 3*3 + 7*raceAllocs
	if got := testing.AllocsPerRun(100, func() { g.stats(func(monkit.SeriesKey, string, float64) {}) }); got > want {
		t.Errorf("%v allocations a walk, want %v", got, want)
	}
}
