//go:build !linux

package environment

func cgroupStats(emit) {}
