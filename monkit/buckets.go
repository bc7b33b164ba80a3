package monkit

import (
	"math"
	"slices"
)

// Values are counted in buckets, 64 to an octave, so that a bucket is at most
// 1/64 wide of its lower edge and its middle at most 0.78 % from any value in
// it. The IEEE format has the bucket in its leading bits: sign, exponent, which
// is the octave, and the first six bits of the fraction. There are counts for
// all octaves from the lowest to the highest seen, 72 bytes each, and 256 more
// for an octave where a bucket has counted beyond 255.
const (
	octaveBits  = 6
	octaveSize  = 1 << octaveBits
	mantissa    = 52 // bits of fraction
	exponents   = 1<<11 - 1
	bucketShift = mantissa - octaveBits
	maxOctaves  = 128 // 38 decades; smaller values join the lowest bucket
)

// octave is the counts of one octave; the zero octave has none.
type octave struct {
	lo []uint8
	hi *[octaveSize]uint32 // counts 256s; nil until a lo first wraps
}

func (o octave) count(i int) int64 {
	if o.lo == nil {
		return 0
	}
	n := int64(o.lo[i])
	if o.hi != nil {
		n += int64(o.hi[i]) << 8
	}
	return n
}

func (o octave) total() int64 {
	var n int64
	for _, lo := range o.lo {
		n += int64(lo)
	}
	if o.hi != nil {
		for _, hi := range o.hi {
			n += int64(hi) << 8
		}
	}
	return n
}

// side holds the counts of one sign.
type side struct {
	base uint64                // leading bits of the first bucket
	lo   []uint8               // a byte a bucket
	hi   []*[octaveSize]uint32 // one for each octave
}

// first is the lowest octave, end the one after the highest.
func (s *side) first() int { return int(s.base >> octaveBits) }
func (s *side) end() int   { return s.first() + len(s.hi) }

func (s *side) octave(exp int) octave {
	i := exp - s.first()
	if uint(i) >= uint(len(s.hi)) {
		return octave{}
	}
	return octave{lo: s.lo[i*octaveSize:][:octaveSize], hi: s.hi[i]}
}

// inc counts one more in bucket i of lo, which has room in all but one of 256
// cases.
func (s *side) inc(i uint64) {
	if s.lo[i]++; s.lo[i] == 0 {
		s.carry(int(i), 1)
	}
}

func (s *side) carry(i int, n int64) {
	hi := s.hi[i/octaveSize]
	if hi == nil {
		hi = new([octaveSize]uint32)
		s.hi[i/octaveSize] = hi
	}
	sum := int64(hi[i%octaveSize]) + n
	hi[i%octaveSize] = uint32(min(sum, math.MaxUint32))
}

func (s *side) addN(i int, n int64) {
	sum := int64(s.lo[i]) + n
	s.lo[i] = uint8(sum)
	if sum > math.MaxUint8 {
		s.carry(i, sum>>8)
	}
}

// need makes room for octave exp and returns the index of its first bucket.
// Octaves too far below the highest one have no room: they share the lowest
// bucket.
func (s *side) need(exp int) (i int, shared bool) {
	if exp < s.end()-maxOctaves {
		s.trim()
	}
	switch low := max(exp, s.end()-maxOctaves); {
	case len(s.hi) == 0:
		s.cover(exp, exp+1)
	case exp >= s.end():
		s.fold(exp + 1 - maxOctaves)
		s.cover(s.first(), exp+1)
	case low < s.first():
		s.cover(low, s.end())
	}
	at := exp - s.first()
	return max(at, 0) * octaveSize, at < 0
}

// trim lets go of the highest octaves that have no counts: they are there
// since a former window, and must not push others out.
func (s *side) trim() {
	n := len(s.hi)
	for n > 0 && s.octave(s.first()+n-1).total() == 0 {
		n--
	}
	s.lo, s.hi = s.lo[:n*octaveSize], s.hi[:n]
}

// cover makes the octaves those from first to end. It keeps the counts, which
// are among them.
func (s *side) cover(first, end int) {
	lo := make([]uint8, (end-first)*octaveSize)
	hi := make([]*[octaveSize]uint32, end-first)
	if len(s.hi) > 0 {
		copy(lo[(s.first()-first)*octaveSize:], s.lo)
		copy(hi[s.first()-first:], s.hi)
	}
	s.base, s.lo, s.hi = uint64(first)<<octaveBits, lo, hi
}

// fold makes first the lowest octave, and its first bucket the home of all
// that was below.
func (s *side) fold(first int) {
	var below int64
	gone := 0
	for ; s.first()+gone < first && gone < len(s.hi); gone++ {
		below += s.octave(s.first() + gone).total()
	}
	if gone == 0 {
		return
	}
	s.base, s.lo, s.hi = uint64(first)<<octaveBits, s.lo[gone*octaveSize:], s.hi[gone:]
	if len(s.hi) == 0 {
		s.cover(first, first+1)
	}
	s.addN(0, below)
}

func (s *side) merge(o *side) {
	for exp := o.first(); exp < o.end(); exp++ {
		theirs := o.octave(exp)
		total := theirs.total()
		if total == 0 {
			continue
		}
		at, shared := s.need(exp)
		if shared {
			s.addN(0, total)
			continue
		}
		for b := range octaveSize {
			s.addN(at+b, theirs.count(b))
		}
	}
}

// clear empties the buckets and keeps their memory.
func (s *side) clear() {
	clear(s.lo)
	for _, hi := range s.hi {
		if hi != nil {
			clear(hi[:])
		}
	}
}

func (s *side) clone() side {
	c := side{base: s.base, lo: slices.Clone(s.lo), hi: slices.Clone(s.hi)}
	for i, hi := range c.hi {
		if hi != nil {
			own := *hi
			c.hi[i] = &own
		}
	}
	return c
}

// buckets counts values by size.
type buckets struct {
	pos, neg side
	zeros    int64
}

// add counts the value with bits. Values that have no exponent are closer to
// zero than any bucket.
func (b *buckets) add(bits uint64) {
	exp := int(bits >> mantissa & exponents)
	if exp == 0 {
		b.zeros++
		return
	}
	s := &b.pos
	if bits>>(mantissa+11) != 0 {
		s = &b.neg
	}
	i, shared := s.need(exp)
	if !shared {
		i += int(bits >> bucketShift % octaveSize)
	}
	s.inc(uint64(i))
}

func (b *buckets) merge(o *buckets) {
	b.zeros += o.zeros
	b.pos.merge(&o.pos)
	b.neg.merge(&o.neg)
}

func (b *buckets) clear() {
	b.zeros = 0
	b.pos.clear()
	b.neg.clear()
}

func (b *buckets) clone() buckets {
	return buckets{zeros: b.zeros, pos: b.pos.clone(), neg: b.neg.clone()}
}

// middle is the point of a bucket whose relative distance to both edges is
// the same.
func middle(exp, sub int) float64 {
	low := math.Float64frombits(uint64(exp)<<mantissa | uint64(sub)<<bucketShift)
	return low * (1 + 1/float64(2*(octaveSize+sub)+1))
}

// edge is where the octave with that exponent begins.
func edge(exp int) float64 { return math.Float64frombits(uint64(exp) << mantissa) }
