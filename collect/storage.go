package collect

import "math/bits"

// A chunk of a chunked has chunkLen elements. A slice that grew would otherwise be
// copied again and again, and have room for many that never come.
const (
	chunkShift = 9
	chunkLen   = 1 << chunkShift
)

// chunked is a slice in chunks, which never move. A copy of it is not affected
// by elements that are added to the original.
type chunked[T any] struct {
	chunks []*[chunkLen]T
	n      int
}

// at returns the address of element i.
func (l *chunked[T]) at(i int) *T { return &l.chunks[i>>chunkShift][i&(chunkLen-1)] }

// add adds v. It returns v's index.
func (l *chunked[T]) add(v T) int {
	i := l.n
	if i>>chunkShift == len(l.chunks) {
		l.chunks = append(l.chunks, new([chunkLen]T))
	}
	*l.at(i) = v
	l.n++
	return i
}

// copyFrom makes l equal to the first n elements of m, in memory of its own.
func (l *chunked[T]) copyFrom(m *chunked[T], n int) {
	for i := range (n + chunkLen - 1) >> chunkShift {
		if i == len(l.chunks) {
			l.chunks = append(l.chunks, new([chunkLen]T))
		}
		*l.chunks[i] = *m.chunks[i]
	}
	l.n = n
}

// shrink releases the memory that no element needs: what was long once
// does not stay so.
func (l *chunked[T]) shrink() {
	used := (l.n + chunkLen - 1) >> chunkShift
	clear(l.chunks[used:])
	l.chunks = l.chunks[:used]
}

// index finds elements of a chunked by their hashes. It is a hash table of indices,
// with linear probing. The bits of a slot that no index needs have a part of the
// hash, so that few other elements are looked at.
type index struct {
	slots []uint32 // an index plus one, and a part of the hash; zero is free
	bits  int      // number of bits of an index
	n     int
}

// find returns the index for which is returns true among those with the hash, or
// -1.
func (x *index) find(hash uint32, is func(i int) bool) int {
	if x.n == 0 {
		return -1
	}
	mask := uint32(1)<<x.bits - 1
	for slot := x.home(hash); ; slot = x.after(slot) {
		v := x.slots[slot]
		if v == 0 {
			return -1
		}
		if v&^mask == hash<<x.bits && is(int(v&mask)-1) {
			return int(v&mask) - 1
		}
	}
}

// add adds the index i, which must be below 1<<31. hashOf returns the hash of each
// index.
func (x *index) add(i int, hashOf func(i int) uint32) {
	if 4*(x.n+1) > 3*len(x.slots) || i+1 >= 1<<x.bits {
		x.grow(i, hashOf)
	}
	x.put(i, hashOf(i))
}

func (x *index) put(i int, hash uint32) {
	slot := x.home(hash)
	for x.slots[slot] != 0 {
		slot = x.after(slot)
	}
	x.slots[slot] = uint32(i+1) | hash<<x.bits
	x.n++
}

// grow makes room for another index, i, and for as many again if x is full.
func (x *index) grow(i int, hashOf func(i int) uint32) {
	old, mask, size := x.slots, uint32(1)<<x.bits-1, len(x.slots)
	if 4*(x.n+1) > 3*size {
		size = max(64, 2*size)
	}
	x.slots = make([]uint32, size)
	x.bits = max(bits.Len(uint(len(x.slots))), bits.Len(uint(i+1)))
	x.n = 0
	for _, v := range old {
		if v != 0 {
			i := int(v&mask) - 1
			x.put(i, hashOf(i))
		}
	}
}

func (x *index) home(hash uint32) int { return int(uint64(hash) * uint64(len(x.slots)) >> 32) }

func (x *index) after(slot int) int {
	if slot++; slot < len(x.slots) {
		return slot
	}
	return 0
}
