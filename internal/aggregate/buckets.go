package aggregate

import (
	"math"
	"slices"
)

// A value's key is the leading bits of its IEEE 754 format: sign, exponent and
// six bits of the fraction, changed so that keys ascend with the values. So there
// are 64 keys to a factor of two, and the middle of a key is at most 0.78 % from
// its values.
const (
	keyBits  = 18
	keyShift = 64 - keyBits
)

// minBuckets have room in every window. maxBuckets are the most: so many take
// 8 KiB and hold every key of a range of 1 to 65 536.
const (
	minBuckets  = 4
	maxBuckets  = 1024
	bucketBytes = 8
)

// buckets counts values by size. It has an entry only for what was seen, so that
// values that lie far apart cost no more than others. Where there is no room for
// another entry, pairs of buckets become one: quantiles get coarser, and no value
// is lost. The zero buckets are empty.
type buckets struct {
	entries []uint64 // ascending; a bucket in the upper half, its count in the lower one
	coarse  uint8    // by how many bits the key of a value is cut
}

func keyOf(v float64) uint64 {
	bits := math.Float64bits(v)
	if bits>>63 != 0 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	return bits >> keyShift
}

// valueOf returns the value whose format, changed as in keyOf, is bits. Those that
// no finite value has are the greatest or the least finite one.
func valueOf(bits uint64) float64 {
	if bits>>63 == 0 {
		bits = ^bits
	} else {
		bits &^= 1 << 63
	}
	v := math.Float64frombits(bits)
	if finite(v) {
		return v
	}
	return math.Copysign(math.MaxFloat64, v)
}

// add counts v. It takes the memory for a new entry from a.
func (b *buckets) add(v float64, a *account) {
	key := keyOf(v)
	i, found := b.find(key >> b.coarse)
	for !found && len(b.entries) == cap(b.entries) {
		if !b.grow(a) {
			b.coarsen()
			i, found = b.find(key >> b.coarse)
		}
	}
	if !found {
		b.entries = slices.Insert(b.entries, i, key>>b.coarse<<32)
	}
	if uint32(b.entries[i]) < math.MaxUint32 {
		b.entries[i]++
	}
}

// find returns the index of a bucket, or where it belongs.
func (b *buckets) find(bucket uint64) (i int, found bool) {
	low, high := 0, len(b.entries)
	for low < high {
		if mid := (low + high) / 2; b.entries[mid]>>32 < bucket {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, low < len(b.entries) && b.entries[low]>>32 == bucket
}

// grow doubles the room for entries, or reports that there is no memory for that.
// The first minBuckets are paid for with the series.
func (b *buckets) grow(a *account) bool {
	n := max(2*cap(b.entries), minBuckets)
	if n > maxBuckets || n > minBuckets && !a.take(int64(n-cap(b.entries))*bucketBytes) {
		return false
	}
	b.entries = append(make([]uint64, 0, n), b.entries...)
	return true
}

// coarsen makes the buckets twice as wide until an entry is free.
func (b *buckets) coarsen() {
	for n := len(b.entries); len(b.entries) == n && b.coarse < keyBits; {
		b.coarse++
		kept := b.entries[:0]
		for _, e := range b.entries {
			bucket, count := e>>33, e&math.MaxUint32
			if last := len(kept) - 1; last >= 0 && kept[last]>>32 == bucket {
				kept[last] = bucket<<32 | min(kept[last]&math.MaxUint32+count, math.MaxUint32)
			} else {
				kept = append(kept, bucket<<32|count)
			}
		}
		b.entries = kept
	}
}

// clear forgets all values and keeps the memory.
func (b *buckets) clear() { b.entries, b.coarse = b.entries[:0], 0 }

// free gives all memory back to a.
func (b *buckets) free(a *account) {
	a.give(b.taken())
	*b = buckets{}
}

// taken returns how many bytes grow has taken.
func (b *buckets) taken() int64 {
	return int64(max(cap(b.entries)-minBuckets, 0)) * bucketBytes
}

// at returns the middle of an entry, which is as far from both ends in relation to
// its size, and the entry's count.
func (b *buckets) at(i int) (middle float64, count int64) {
	bucket := b.entries[i] >> 32
	shift := keyShift + b.coarse
	middle = middleOf(valueOf(bucket<<shift), valueOf((bucket+1)<<shift-1))
	return middle, int64(uint32(b.entries[i]))
}

// middleOf returns the harmonic mean of two values of one sign, and zero for two of
// different signs.
func middleOf(low, high float64) float64 {
	near, far := low, high
	if math.Abs(near) > math.Abs(far) {
		near, far = far, near
	}
	if far == 0 || near/far < 0 {
		return 0
	}
	return near / (1 + near/far) * 2
}
