//go:build !linux

package environment

import "testing"

// complete is false, since only Linux has every series of doc.go.
const complete = false

// everyStats returns the stats functions of all sources.
func everyStats(*testing.T) []func(emit) {
	var all []func(emit)
	for _, s := range sources() {
		all = append(all, s.Stats)
	}
	return all
}
