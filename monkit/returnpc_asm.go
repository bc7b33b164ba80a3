//go:build gc && (amd64 || arm64)

package monkit

// returnPC returns the address that its caller returns to. The caller must
// not be inlined. It takes two instructions where runtime.Callers takes
// longer than all else that a Task does.
func returnPC() uintptr
