package aggregate

import (
	"math"
	"slices"
	"unsafe"
)

// exactMembers is up to how many members a set is counted exactly.
const exactMembers = 1000

// set counts different members by their hashes: exactly up to exactMembers, and by a
// sketch beyond that. Two of a thousand members have the same hash of 64 bits once
// in 10¹³ sets.
type set struct {
	hashes   []uint64 // ascending
	sketch   *sketch  // kept for the next interval; used if sketched
	sketched bool
}

// add counts the hash of a member. It reports false if a has no memory for it.
func (s *set) add(hash uint64, a *account) bool {
	if s.sketched {
		s.sketch.add(hash)
		return true
	}
	i, found := slices.BinarySearch(s.hashes, hash)
	switch {
	case found:
		return true
	case len(s.hashes) == exactMembers:
		return s.change(hash, a)
	case len(s.hashes) == cap(s.hashes) && !s.grow(a):
		return false
	}
	s.hashes = slices.Insert(s.hashes, i, hash)
	return true
}

func (s *set) grow(a *account) bool {
	n := max(2*cap(s.hashes), 4)
	if !a.take(int64(n-cap(s.hashes)) * 8) {
		return false
	}
	s.hashes = append(make([]uint64, 0, n), s.hashes...)
	return true
}

// change goes on with a sketch, which gets hash and all before it.
func (s *set) change(hash uint64, a *account) bool {
	if s.sketch == nil {
		if !a.take(int64(unsafe.Sizeof(sketch{}))) {
			return false
		}
		s.sketch = new(sketch)
	}
	s.sketched = true
	for _, h := range s.hashes {
		s.sketch.add(h)
	}
	s.sketch.add(hash)
	return true
}

// count returns how many different members there are, as a whole number.
func (s *set) count() float64 {
	if s.sketched {
		return math.Round(s.sketch.count())
	}
	return float64(len(s.hashes))
}

// clear forgets all members and keeps the memory.
func (s *set) clear() {
	s.hashes = s.hashes[:0]
	if s.sketched {
		*s.sketch, s.sketched = sketch{}, false
	}
}

// taken returns how many bytes add has taken from an account.
func (s *set) taken() int64 {
	n := int64(cap(s.hashes)) * 8
	if s.sketch != nil {
		n += int64(unsafe.Sizeof(*s.sketch))
	}
	return n
}
