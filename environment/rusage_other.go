//go:build !unix

package environment

func rusageStats(emit) {}
