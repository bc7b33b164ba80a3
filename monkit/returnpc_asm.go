//go:build gc && (amd64 || arm64)

package monkit

// returnPC returns the address that its caller returns to. The caller must
// not be inlined. It takes two instructions; runtime.Callers takes longer than
// the rest of a Task.
func returnPC() uintptr
