package collide

import "math/bits"

// index finds a series by the hash of its name, in 8 bytes a series for the hash and
// less than 8 for the place in a table. The hash is 64 bits of maphash with a seed of
// its own, so that two names of one hash are no concern.
type index struct {
	hashes []uint64 // by number of a series; 0 if it has no name
	table  []uint32 // numbers of series, at or behind the place of their hash; 0 is free
	used   int      // numbers in table
}

// hash returns the hash of the series with that number, or 0.
func (x *index) hash(series uint32) uint64 {
	if int(series) >= len(x.hashes) {
		return 0
	}
	return x.hashes[series]
}

// setHash sets the hash of a series, without adding it to the table.
func (x *index) setHash(series uint32, hash uint64) {
	if n := int(series) + 1; n > len(x.hashes) {
		grown := make([]uint64, max(n, len(x.hashes)+len(x.hashes)/4, 64))
		copy(grown, x.hashes)
		x.hashes = grown
	}
	x.hashes[series] = hash
}

// find returns the series that was added with hash, or 0.
func (x *index) find(hash uint64) (series uint32) {
	if len(x.table) == 0 {
		return 0
	}
	for i := x.place(hash); ; i = x.next(i) {
		if s := x.table[i]; s == 0 || x.hashes[s] == hash {
			return s
		}
	}
}

// add adds a series, whose hash is set and not in the table.
func (x *index) add(series uint32) {
	if x.used >= len(x.table)/4*3 {
		x.grow()
	}
	x.used++
	x.insert(series)
}

func (x *index) insert(series uint32) {
	i := x.place(x.hashes[series])
	for x.table[i] != 0 {
		i = x.next(i)
	}
	x.table[i] = series
}

func (x *index) grow() {
	old := x.table
	x.table = make([]uint32, max(64, 2*len(old)))
	for _, s := range old {
		if s != 0 {
			x.insert(s)
		}
	}
}

// remove removes a series that was added. Those behind it move up, so that each
// stays reachable from the place of its hash.
func (x *index) remove(series uint32) {
	free := x.place(x.hashes[series])
	for x.table[free] != series {
		free = x.next(free)
	}
	x.used--
	for i := x.next(free); x.table[i] != 0; i = x.next(i) {
		if home := x.place(x.hashes[x.table[i]]); x.distance(home, i) >= x.distance(free, i) {
			x.table[free] = x.table[i]
			free = i
		}
	}
	x.table[free] = 0
}

// place returns where a hash belongs in the table, whose length is a power of two.
func (x *index) place(hash uint64) int {
	place, _ := bits.Mul64(hash, uint64(len(x.table)))
	return int(place)
}

func (x *index) next(i int) int { return (i + 1) & (len(x.table) - 1) }

// distance returns how far place i is behind place from.
func (x *index) distance(from, i int) int { return (i - from) & (len(x.table) - 1) }
