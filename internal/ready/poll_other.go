//go:build !unix

package ready

// poll is not known.
func poll(any, direction) bool { return false }
