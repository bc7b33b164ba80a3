// Package serieskey compares series by their text, fast if they share memory.
package serieskey

import (
	"hash/maphash"
	"unsafe"

	"monkit.example/monkit"
)

// Same reports whether a == b. It is fast for strings of the same memory, as those
// of a series are at each walk.
func Same(a, b string) bool {
	return len(a) == len(b) && (unsafe.StringData(a) == unsafe.StringData(b) || a == b)
}

// Equal reports whether a and b are the same series: one measurement, and equal
// tags. It is fast if they share their TagSet.
func Equal(a, b monkit.SeriesKey) bool {
	return Same(a.Measurement, b.Measurement) && (a.Tags == b.Tags || equalTags(a.Tags, b.Tags))
}

func equalTags(a, b *monkit.TagSet) bool {
	n := a.Len()
	if n != b.Len() {
		return false
	}
	for i := range n {
		if x, y := a.At(i), b.At(i); !Same(x.Key, y.Key) || !Same(x.Val, y.Val) {
			return false
		}
	}
	return true
}

// A Hasher hashes series. Equal series have equal hashes of one Hasher.
type Hasher struct{ seed maphash.Seed }

// NewHasher returns a Hasher with a seed of its own.
func NewHasher() Hasher { return Hasher{maphash.MakeSeed()} }

// Text returns the hash of s.
func (h Hasher) Text(s string) uint64 { return maphash.String(h.seed, s) }

// Series returns the hash of key.
func (h Hasher) Series(key monkit.SeriesKey) uint64 {
	sum := h.Text(key.Measurement)
	for i := range key.Tags.Len() {
		tag := key.Tags.At(i)
		sum = Mix(Mix(sum, h.Text(tag.Key)), h.Text(tag.Val))
	}
	return sum
}

// Field returns the hash of one field of key.
func (h Hasher) Field(key monkit.SeriesKey, field string) uint64 {
	return Mix(h.Series(key), h.Text(field))
}

// Mix returns a hash of two hashes, which depends on their order.
func Mix(a, b uint64) uint64 {
	const odd = 0x9E3779B97F4A7C15 // the golden ratio; spreads low bits over high ones
	a = (a ^ b) * odd
	a ^= a >> 32
	return a*odd + b
}
