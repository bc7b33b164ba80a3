//go:build !linux

package environment

func procStats(emit) {}
