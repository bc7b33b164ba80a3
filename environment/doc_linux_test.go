package environment

import "testing"

// complete says that everyStats emits each series there is.
const complete = true

// everyStats is all sources, and a container and a machine that have
// everything.
func everyStats(t *testing.T) []func(emit) {
	var all []func(emit)
	for _, s := range sources() {
		all = append(all, s.(*source).stats)
	}
	top := tree(t, wholeGroup)
	pressures := pressureFiles("pressure", tree(t, map[string]string{"cpu": someCPU}), "")
	files := filesIn(tree(t, wholeProc))
	return append(all, files.stats, newCgroup(place{top + "/a/b", top}).stats, func(cb emit) { emitPressures(pressures, cb) })
}
