package collide

import "math/bits"

// index finds a series by the hash of its name, in 12 bytes a series for that and the
// hash of its key, and less than 8 for the place in a table. The hash is 64 bits of maphash with a seed of
// its own, so that two names of one hash are no concern.
type index struct {
	pages []*indexPage // by number of a series; they never move
	table []uint32     // numbers of series, at or behind the place of their hash; 0 is free
	used  int          // numbers in table
}

// pageLen is the number of series of a page.
const pageLen = 512

type indexPage struct {
	hashes [pageLen]uint64 // of names; 0 if the series has none
	keys   [pageLen]uint32 // hashes of keys
}

// hash returns the hash of the series with that number, or 0.
func (x *index) hash(series uint32) uint64 {
	if page := int(series / pageLen); page < len(x.pages) && x.pages[page] != nil {
		return x.pages[page].hashes[series%pageLen]
	}
	return 0
}

// set sets the hashes of a series, without adding it to the table.
func (x *index) set(series uint32, hash uint64, key uint32) {
	page := int(series / pageLen)
	if page >= len(x.pages) {
		x.pages = append(x.pages, make([]*indexPage, page+1-len(x.pages))...)
	}
	if x.pages[page] == nil {
		x.pages[page] = new(indexPage)
	}
	x.pages[page].hashes[series%pageLen] = hash
	x.pages[page].keys[series%pageLen] = key
}

// key returns the hash of the key of a series, which was set.
func (x *index) key(series uint32) uint32 { return x.pages[series/pageLen].keys[series%pageLen] }

// find returns the series that was added with hash, or 0.
func (x *index) find(hash uint64) (series uint32) {
	if len(x.table) == 0 {
		return 0
	}
	for i := x.place(hash); ; i = x.next(i) {
		if s := x.table[i]; s == 0 || x.hash(s) == hash {
			return s
		}
	}
}

// add adds a series, whose hash is set and not in the table.
func (x *index) add(series uint32) {
	if 4*(x.used+1) > 3*len(x.table) {
		x.grow()
	}
	x.used++
	x.insert(series)
}

func (x *index) insert(series uint32) {
	i := x.place(x.hash(series))
	for x.table[i] != 0 {
		i = x.next(i)
	}
	x.table[i] = series
}

func (x *index) grow() {
	old := x.table
	x.table = make([]uint32, max(64, len(old)+len(old)/2))
	for _, s := range old {
		if s != 0 {
			x.insert(s)
		}
	}
}

// remove removes a series that was added. Those behind it move up, so that each
// stays reachable from the place of its hash.
func (x *index) remove(series uint32) {
	free := x.place(x.hash(series))
	for x.table[free] != series {
		free = x.next(free)
	}
	x.used--
	for i := x.next(free); x.table[i] != 0; i = x.next(i) {
		if home := x.place(x.hash(x.table[i])); x.distance(home, i) >= x.distance(free, i) {
			x.table[free] = x.table[i]
			free = i
		}
	}
	x.table[free] = 0
}

// place returns where a hash belongs in the table.
func (x *index) place(hash uint64) int {
	place, _ := bits.Mul64(hash, uint64(len(x.table)))
	return int(place)
}

func (x *index) next(i int) int {
	if i++; i < len(x.table) {
		return i
	}
	return 0
}

// distance returns how far place i is behind place from.
func (x *index) distance(from, i int) int {
	if i < from {
		i += len(x.table)
	}
	return i - from
}
