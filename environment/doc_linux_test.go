package environment

import "testing"

// complete is true if everyStats emits every series of doc.go.
const complete = true

// everyStats returns the stats functions of all sources, and of files in which a
// container and a machine have every number.
func everyStats(t *testing.T) []func(emit) {
	var all []func(emit)
	for _, s := range sources() {
		all = append(all, s.Stats)
	}
	top := tree(t, wholeGroup)
	pressures := pressureFiles("pressure", tree(t, map[string]string{"cpu": someCPU}), "")
	files := filesIn(tree(t, wholeProc))
	return append(all, files.stats, newCgroup(place{top + "/a/b", top}).stats, func(cb emit) { emitPressures(pressures, cb) })
}
