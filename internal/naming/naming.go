// Package naming keeps names apart: those of the reporters of a collector, and
// those of the destinations of a relay. Both are tags of series, so that two of
// one name would be the same series. [Tags] keep those of processes apart.
package naming

import "strconv"

// Unique returns name if it is not taken, or else the first of name#2, name#3
// and so on that is not taken.
func Unique(name string, taken func(name string) bool) string {
	unique := name
	for n := 2; taken(unique); n++ {
		unique = name + "#" + strconv.Itoa(n)
	}
	return unique
}
