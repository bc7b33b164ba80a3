//go:build !linux && !darwin

package environment

func limitsStats(emit) {}
