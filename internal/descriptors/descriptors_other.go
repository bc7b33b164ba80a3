//go:build !unix

package descriptors

// Max returns false: there is no limit that is known.
func Max() (n uint64, ok bool) { return 0, false }

// Lacks returns false, as there is no limit to be reached.
func Lacks(error) bool { return false }
