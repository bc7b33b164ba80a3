//go:build !unix

package listen

// maxDescriptors returns false: there is no limit that is known.
func maxDescriptors() (n uint64, ok bool) { return 0, false }

// lacksDescriptors returns false, as there is no limit to be reached.
func lacksDescriptors(error) bool { return false }
