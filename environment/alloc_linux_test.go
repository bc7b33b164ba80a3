package environment

import "testing"

// A walk may run every second, for years, in a program that avoids allocations.
// Opening a file allocates a copy of its name.
func TestWalkAllocatesOnlyFileNames(t *testing.T) {
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
			walk := func() { tt.source.Stats(discard) }
			walk()
			if got := testing.AllocsPerRun(100, walk); got > tt.want {
				t.Errorf("%v allocations a walk, want %v", got, tt.want)
			}
		})
	}
}

func TestCgroupWalkAllocatesOnlyFileNames(t *testing.T) {
	top := tree(t, wholeGroup)
	g := newCgroup(place{top + "/a/b", top})
	// The walk reads 14 files of the group, and 3 files with limits of the group
	// and of each of the two groups above it. Seven calls have a buffer.
	const want = 14 + 3*3 + 7*raceAllocs
	if got := testing.AllocsPerRun(100, func() { g.stats(discard) }); got > want {
		t.Errorf("%v allocations a walk, want %v", got, want)
	}
}
