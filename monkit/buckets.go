package monkit

import "math"

// Values are counted in buckets, 64 to an octave, so that a bucket is at most
// 1/64 wide of its lower edge and its middle at most 0.78 % from any value in
// it. Sign and exponent of the IEEE format choose the octave, the first six
// bits of the fraction the bucket. One page holds the 64 counts of one
// octave; pages exist for octaves that have seen a value, 72 bytes each, and
// 256 more once a bucket has counted beyond 255.
const (
	pageBits   = 6
	pageSize   = 1 << pageBits
	mantissa   = 52 // bits of fraction
	exponents  = 1<<11 - 1
	maxOctaves = 128 // 38 decades; smaller values join the lowest bucket
)

type page struct {
	lo [pageSize]uint8
	hi *[pageSize]uint32 // counts 256s; made when a lo first wraps
}

func (p *page) carry(i int) {
	if p.hi == nil {
		p.hi = new([pageSize]uint32)
	}
	p.hi[i]++
}

func (p *page) count(i int) int64 {
	if p == nil {
		return 0
	}
	n := int64(p.lo[i])
	if p.hi != nil {
		n += int64(p.hi[i]) << 8
	}
	return n
}

func (p *page) addN(i int, n int64) {
	if n == 0 {
		return
	}
	sum := p.count(i) + n
	p.lo[i] = uint8(sum)
	if sum > math.MaxUint8 {
		if p.hi == nil {
			p.hi = new([pageSize]uint32)
		}
		p.hi[i] = uint32(min(sum>>8, math.MaxUint32))
	}
}

func (p *page) total() int64 {
	if p == nil {
		return 0
	}
	var n int64
	for i := range p.lo {
		n += int64(p.lo[i])
	}
	if p.hi != nil {
		for i := range p.hi {
			n += int64(p.hi[i]) << 8
		}
	}
	return n
}

func (p *page) clone() *page {
	if p == nil {
		return nil
	}
	c := *p
	if p.hi != nil {
		hi := *p.hi
		c.hi = &hi
	}
	return &c
}

// side holds the pages of one sign, neighbouring octaves from base on.
type side struct {
	base  int
	pages []*page
}

func (s *side) at(exp int) *page {
	if i := exp - s.base; uint(i) < uint(len(s.pages)) {
		return s.pages[i]
	}
	return nil
}

func (s *side) end() int { return s.base + len(s.pages) }

// need returns the page of exp, made if it has to be. Octaves too far below
// the highest one have none of their own: they share the lowest.
func (s *side) need(exp int) (p *page, shared bool) {
	switch {
	case len(s.pages) == 0:
		s.base, s.pages = exp, make([]*page, 1, 2)
	case exp >= s.end():
		s.pages = append(s.pages, make([]*page, exp+1-s.end())...)
		s.fold(s.end() - maxOctaves)
	case exp < s.base:
		low := max(exp, s.end()-maxOctaves)
		s.pages = append(make([]*page, s.base-low, s.end()-low), s.pages...)
		s.base = low
		shared = low > exp
	}
	i := max(exp-s.base, 0)
	if s.pages[i] == nil {
		s.pages[i] = new(page)
	}
	return s.pages[i], shared
}

// fold makes base the lowest octave, and its first bucket the home of all
// that was below.
func (s *side) fold(base int) {
	if base <= s.base {
		return
	}
	var below int64
	gone := min(base-s.base, len(s.pages))
	for _, p := range s.pages[:gone] {
		below += p.total()
	}
	s.base, s.pages = base, s.pages[gone:]
	if s.pages[0] == nil {
		s.pages[0] = new(page)
	}
	s.pages[0].addN(0, below)
}

func (s *side) merge(o *side) {
	for i, p := range o.pages {
		if p == nil {
			continue
		}
		into, shared := s.need(o.base + i)
		if shared {
			into.addN(0, p.total())
			continue
		}
		for b := range pageSize {
			into.addN(b, p.count(b))
		}
	}
}

// clear empties the pages and keeps their memory.
func (s *side) clear() {
	for _, p := range s.pages {
		if p != nil {
			*p = page{hi: p.hi}
			if p.hi != nil {
				clear(p.hi[:])
			}
		}
	}
}

func (s *side) clone() side {
	c := side{base: s.base, pages: make([]*page, len(s.pages))}
	for i, p := range s.pages {
		c.pages[i] = p.clone()
	}
	return c
}

// buckets counts values by size.
type buckets struct {
	zeros    int64
	pos, neg side
}

func (b *buckets) add(v float64) {
	bits := math.Float64bits(v)
	exp := int(bits >> mantissa & exponents)
	sub := int(bits >> (mantissa - pageBits) & (pageSize - 1))
	s := &b.pos
	if v < 0 {
		s = &b.neg
	}
	if i := exp - s.base; uint(i) < uint(len(s.pages)) {
		if p := s.pages[i]; p != nil {
			if p.lo[sub]++; p.lo[sub] == 0 {
				p.carry(sub)
			}
			return
		}
	}
	b.addNew(s, exp, sub)
}

// addNew counts what is in an octave not seen before. Values that have no
// exponent are closer to zero than any bucket.
func (b *buckets) addNew(s *side, exp, sub int) {
	if exp == 0 {
		b.zeros++
		return
	}
	p, shared := s.need(exp)
	if shared {
		sub = 0
	}
	p.addN(sub, 1)
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
	low := math.Float64frombits(uint64(exp)<<mantissa | uint64(sub)<<(mantissa-pageBits))
	return low * (1 + 1/float64(2*(pageSize+sub)+1))
}
