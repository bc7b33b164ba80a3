package listen

import "monkit.example/internal/descriptors"

// mostConns is how many connections a listener accepts if the process may have
// enough descriptors.
const mostConns = 10_000

// DefaultMaxConns returns Options.MaxConns for each of so many listeners of streams in
// one process: 10 000, or their share of half of the descriptors that the process
// may have, if that is less. The other half is for pages, destinations and files.
func DefaultMaxConns(listeners int) int {
	most := mostConns
	if n, ok := descriptors.Max(); ok {
		most = int(min(uint64(most), n/2/uint64(max(listeners, 1))))
	}
	return max(most, 1)
}
