//go:build !linux

package environment

func pressureStats(emit) {}
