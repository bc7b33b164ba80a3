//go:build !race

package environment

const raceAllocs = 0
