package histogram

import (
	"math"
	"slices"
)

// There are 64 buckets to an octave, a factor of two. A bucket is at most 1/64
// of its lower edge wide, and its middle at most 0.78 % from any value in it.
// The IEEE 754 format has the bucket in its leading bits: sign, exponent,
// which is the octave, and the first six bits of the fraction. There are
// counts for all octaves from the lowest to the highest seen: 72 bytes each,
// and 256 more where a bucket has counted beyond 255.
const (
	octaveBits   = 6
	octaveSize   = 1 << octaveBits
	fractionBits = 52
	maxExponent  = 1<<11 - 1
	bucketShift  = fractionBits - octaveBits
	maxOctaves   = 128 // 38 decades; smaller values share the lowest bucket
)

// buckets counts values by size. The zero buckets are empty.
type buckets struct {
	positive, negative side
	zeros              int64 // of values closer to zero than any bucket
}

// add counts v. A value so small that it has no exponent counts as zero.
func (b *buckets) add(v float64) {
	bits := math.Float64bits(v)
	exp := int(bits >> fractionBits & maxExponent)
	if exp == 0 {
		b.zeros++
		return
	}
	s := &b.positive
	if bits>>63 != 0 {
		s = &b.negative
	}
	i, shared := s.makeRoom(exp)
	if !shared {
		i += int(bits >> bucketShift % octaveSize)
	}
	s.addN(i, 1)
}

func (b *buckets) merge(o *buckets) {
	b.zeros += o.zeros
	b.positive.merge(&o.positive)
	b.negative.merge(&o.negative)
}

func (b *buckets) clear() {
	b.zeros = 0
	b.positive.clear()
	b.negative.clear()
}

func (b *buckets) clone() buckets {
	return buckets{positive: b.positive.clone(), negative: b.negative.clone(), zeros: b.zeros}
}

// side is the buckets of one sign.
type side struct {
	base uint64                // leading bits of the first bucket
	low  []uint8               // one a bucket: the low byte of its count
	high []*[octaveSize]uint32 // one an octave: the rest of the counts; nil while all are 0
}

// first returns the lowest octave, end the one after the highest.
func (s *side) first() int { return int(s.base >> octaveBits) }
func (s *side) end() int   { return s.first() + len(s.high) }

// octave returns the counts of octave exp, the zero octave if it is outside of
// s.
func (s *side) octave(exp int) octave {
	i := exp - s.first()
	if uint(i) >= uint(len(s.high)) {
		return octave{}
	}
	return octave{low: s.low[i*octaveSize:][:octaveSize], high: s.high[i]}
}

// addN adds n to bucket i of s.
func (s *side) addN(i int, n int64) {
	sum := int64(s.low[i]) + n
	s.low[i] = uint8(sum)
	if sum > math.MaxUint8 {
		s.carry(i, sum>>8)
	}
}

// carry adds n times 256 to bucket i of s.
func (s *side) carry(i int, n int64) {
	high := s.high[i/octaveSize]
	if high == nil {
		high = new([octaveSize]uint32)
		s.high[i/octaveSize] = high
	}
	sum := int64(high[i%octaveSize]) + n
	high[i%octaveSize] = uint32(min(sum, math.MaxUint32))
}

// makeRoom makes room for octave exp and returns the index of its first
// bucket. An octave too far below the highest one gets none: its values share
// the lowest bucket.
func (s *side) makeRoom(exp int) (i int, shared bool) {
	if exp < s.end()-maxOctaves {
		s.trim()
	}
	switch lowest := max(exp, s.end()-maxOctaves); {
	case len(s.high) == 0:
		s.resize(exp, exp+1)
	case exp >= s.end():
		s.raiseLowest(exp + 1 - maxOctaves)
		s.resize(s.first(), exp+1)
	case lowest < s.first():
		s.resize(lowest, s.end())
	}
	at := exp - s.first()
	return max(at, 0) * octaveSize, at < 0
}

// trim removes the highest octaves while they are empty. A former window left
// them, and they must not take the room of octaves that have values.
func (s *side) trim() {
	n := len(s.high)
	for n > 0 && s.octave(s.first()+n-1).total() == 0 {
		n--
	}
	s.low, s.high = s.low[:n*octaveSize], s.high[:n]
}

// resize makes first the lowest octave and end the one after the highest. All
// octaves that s had must be among them.
func (s *side) resize(first, end int) {
	low := make([]uint8, (end-first)*octaveSize)
	high := make([]*[octaveSize]uint32, end-first)
	if len(s.high) > 0 {
		copy(low[(s.first()-first)*octaveSize:], s.low)
		copy(high[s.first()-first:], s.high)
	}
	s.base, s.low, s.high = uint64(first)<<octaveBits, low, high
}

// raiseLowest makes first the lowest octave. All values below it move to its
// first bucket.
func (s *side) raiseLowest(first int) {
	var below int64
	removed := 0
	for ; s.first()+removed < first && removed < len(s.high); removed++ {
		below += s.octave(s.first() + removed).total()
	}
	if removed == 0 {
		return
	}
	s.base, s.low, s.high = uint64(first)<<octaveBits, s.low[removed*octaveSize:], s.high[removed:]
	if len(s.high) == 0 {
		s.resize(first, first+1)
	}
	s.addN(0, below)
}

func (s *side) merge(o *side) {
	for exp := o.first(); exp < o.end(); exp++ {
		from := o.octave(exp)
		total := from.total()
		if total == 0 {
			continue
		}
		i, shared := s.makeRoom(exp)
		if shared {
			s.addN(0, total)
			continue
		}
		for b := range octaveSize {
			s.addN(i+b, from.count(b))
		}
	}
}

// clear empties the buckets and keeps their memory.
func (s *side) clear() {
	clear(s.low)
	for _, high := range s.high {
		if high != nil {
			clear(high[:])
		}
	}
}

func (s *side) clone() side {
	c := side{base: s.base, low: slices.Clone(s.low), high: slices.Clone(s.high)}
	for i, high := range c.high {
		if high != nil {
			own := *high
			c.high[i] = &own
		}
	}
	return c
}

// octave is the counts of one octave; the zero octave has none.
type octave struct {
	low  []uint8
	high *[octaveSize]uint32 // may be nil
}

// count returns the count of bucket i of the octave.
func (o octave) count(i int) int64 {
	if o.low == nil {
		return 0
	}
	n := int64(o.low[i])
	if o.high != nil {
		n += int64(o.high[i]) << 8
	}
	return n
}

// total returns the sum of all counts of the octave.
func (o octave) total() int64 {
	var n int64
	for _, low := range o.low {
		n += int64(low)
	}
	if o.high != nil {
		for _, high := range o.high {
			n += int64(high) << 8
		}
	}
	return n
}

// bucketMiddle returns the point of a bucket whose relative distance to both
// edges is the same.
func bucketMiddle(exp, i int) float64 {
	low := math.Float64frombits(uint64(exp)<<fractionBits | uint64(i)<<bucketShift)
	return low * (1 + 1/float64(2*(octaveSize+i)+1))
}

// octaveEdge returns the lower edge of octave exp.
func octaveEdge(exp int) float64 { return math.Float64frombits(uint64(exp) << fractionBits) }
