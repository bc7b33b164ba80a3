package monkit

// search finds the values at some ranks in one pass over buckets, from the
// smallest value up.
type search struct {
	ranks []int64 // ascending, 0 is the smallest value
	out   []float64
	found int
	seen  int64
}

// run searches the sum of a and b.
func (s *search) run(a, b *buckets) {
	s.descend(&a.neg, &b.neg)
	s.take(a.zeros+b.zeros, 0)
	s.ascend(&a.pos, &b.pos)
}

// take says that the next n values are v.
func (s *search) take(n int64, v float64) {
	s.seen += n
	for s.found < len(s.ranks) && s.ranks[s.found] < s.seen {
		s.out[s.found] = v
		s.found++
	}
}

// skip passes over n values if no rank is among them.
func (s *search) skip(n int64) bool {
	if s.found < len(s.ranks) && s.ranks[s.found] < s.seen+n {
		return false
	}
	s.seen += n
	return true
}

func (s *search) ascend(a, b *side) {
	low, high := span(a, b)
	for exp := low; exp < high; exp++ {
		pa, pb := a.octave(exp), b.octave(exp)
		if s.skip(pa.total() + pb.total()) {
			continue
		}
		for i := range octaveSize {
			if n := pa.count(i) + pb.count(i); n > 0 {
				s.take(n, middle(exp, i))
			}
		}
	}
}

func (s *search) descend(a, b *side) {
	low, high := span(a, b)
	for exp := high - 1; exp >= low; exp-- {
		pa, pb := a.octave(exp), b.octave(exp)
		if s.skip(pa.total() + pb.total()) {
			continue
		}
		for i := octaveSize - 1; i >= 0; i-- {
			if n := pa.count(i) + pb.count(i); n > 0 {
				s.take(n, -middle(exp, i))
			}
		}
	}
}

// span is the range of octaves that a or b has.
func span(a, b *side) (low, high int) {
	switch {
	case len(a.hi) == 0:
		return b.first(), b.end()
	case len(b.hi) == 0:
		return a.first(), a.end()
	}
	return min(a.first(), b.first()), max(a.end(), b.end())
}
