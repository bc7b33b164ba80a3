//go:build !gc || !(amd64 || arm64)

package monkit

// returnPC returns 0: nothing quicker than runtime.Callers is known here.
func returnPC() uintptr { return 0 }
