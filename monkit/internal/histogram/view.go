package histogram

import "math"

// View is the values that are recent at one time. It is good until the Sliding
// changes.
type View[T Number] struct {
	newer, older *window[T] // older may be nil

	// Fresh reports whether there is a recent value. If there is none, Quantiles
	// and Average are of the last values there were.
	Fresh bool
}

// View returns the values that are recent at now, which may be a little before
// the time of the last value.
func (s *Sliding[T]) View(now int64) View[T] {
	age := now - s.start
	switch {
	case age < -windowLength || age >= 2*windowLength:
	case age >= windowLength && s.current.count > 0:
		return View[T]{newer: &s.current, Fresh: true}
	case age < windowLength:
		fresh := s.current.count > 0 || s.previous != nil && s.previous.count > 0
		return View[T]{newer: &s.current, older: s.previous, Fresh: fresh}
	}
	return View[T]{newer: &s.current, older: s.previous}
}

// Average returns the average of the values, 0 if there are none.
func (v View[T]) Average() T {
	count, sum := v.newer.count, v.newer.sum
	if v.older != nil {
		count += v.older.count
		sum += v.older.sum
	}
	if count == 0 {
		return 0
	}
	return Saturate[T](sum / float64(count))
}

// maxQuantiles bounds the quantiles of one call, so that it allocates nothing.
const maxQuantiles = 8

// Quantiles sets out[i] to the value at quantile quantiles[i], from 0, the
// smallest value, to 1, the largest one. A quantile between two values is
// interpolated: of 10 and 20, the median is 15, as in type 7 of Hyndman and Fan,
// R, NumPy and monkit/v3. The smallest and the largest value are exact; the others
// that a quantile lies between are at most 1 % off, and so is what lies between. quantiles ascends and has a length of at most 8. Without values,
// out becomes zero.
func (v View[T]) Quantiles(quantiles []float64, out []T) {
	var none window[T]
	a, b := v.newer, v.older
	if b == nil || b.count == 0 {
		b = &none
	}
	if a.count == 0 {
		a, b = b, &none
	}
	low, high := a.min, a.max
	if b.count > 0 {
		low, high = min(low, b.min), max(high, b.max)
	}
	n := a.count + b.count
	var s rankSearch
	var shares [maxQuantiles]float64
	for i, q := range quantiles {
		s.below.ranks[i], shares[i] = rankOf(q, n)
		s.above.ranks[i] = min(s.below.ranks[i]+1, n-1)
	}
	s.below.left, s.above.left = len(quantiles), len(quantiles)
	s.run(&a.buckets, &b.buckets)
	for i := range quantiles {
		out[i] = between(valueAt(&s.below, i, n, low, high), valueAt(&s.above, i, n, low, high), shares[i])
	}
}

// valueAt returns the value at the i-th rank of n sorted values from low to high.
func valueAt[T Number](r *rankValues, i int, n int64, low, high T) T {
	switch r.ranks[i] {
	case n - 1:
		return high
	case 0:
		return low
	}
	return clamp(r.values[i], low, high)
}

// between returns the value that is share of the way from low to high. It is exact
// if they are equal, and does not overflow.
func between[T Number](low, high T, share float64) T {
	if low == high || share == 0 {
		return low
	}
	return clamp(float64(low)*(1-share)+float64(high)*share, low, high)
}

// rankOf returns where quantile q is among n sorted values: share of the way from
// the one with the index to the next one.
func rankOf(q float64, n int64) (index int64, share float64) {
	if !(q > 0) || n == 0 { // NaN too
		return 0, 0
	}
	at := min(q, 1) * float64(n-1)
	whole, share := math.Modf(at)
	return min(int64(whole), n-1), share
}

// Octaves calls cb with how many recent values lie in each octave that has
// any, from the lowest one up. An octave is a range from low up to high, which
// is twice as far from zero and not part of it; for negative values, low is
// the one that is not part of it. Zero has a range of its own.
func (v View[T]) Octaves(cb func(low, high float64, count int64)) {
	if !v.Fresh {
		return
	}
	a, b := &v.newer.buckets, &buckets{}
	if v.older != nil {
		b = &v.older.buckets
	}
	first, end := bothOctaves(&a.negative, &b.negative)
	for exp := end - 1; exp >= first; exp-- {
		if n := a.negative.octave(exp).total() + b.negative.octave(exp).total(); n > 0 {
			cb(-octaveEdge(exp+1), -octaveEdge(exp), n)
		}
	}
	if n := a.zeros + b.zeros; n > 0 {
		cb(0, 0, n)
	}
	first, end = bothOctaves(&a.positive, &b.positive)
	for exp := first; exp < end; exp++ {
		if n := a.positive.octave(exp).total() + b.positive.octave(exp).total(); n > 0 {
			cb(octaveEdge(exp), octaveEdge(exp+1), n)
		}
	}
}

// rankSearch finds the values below and above some quantiles in one pass over
// buckets, from the smallest value up.
type rankSearch struct {
	below, above rankValues
	passed       int64 // how many values the pass has left behind
}

// rankValues are the values at some ranks.
type rankValues struct {
	ranks  [maxQuantiles]int64 // ascending; 0 is the smallest value
	values [maxQuantiles]float64
	found  int // how many of values are set
	left   int // how many are not
}

// pass sets the values at ranks below passed to v.
func (r *rankValues) pass(passed int64, v float64) {
	for ; r.within(passed); r.found++ {
		r.values[r.found] = v
		r.left--
	}
}

// within reports whether the next rank is below passed.
func (r *rankValues) within(passed int64) bool { return r.left > 0 && r.ranks[r.found] < passed }

// run searches the sum of a and b.
func (s *rankSearch) run(a, b *buckets) {
	s.descend(&a.negative, &b.negative)
	s.pass(a.zeros+b.zeros, 0)
	s.ascend(&a.positive, &b.positive)
}

// pass goes past the next n values, which all are v.
func (s *rankSearch) pass(n int64, v float64) {
	s.passed += n
	s.below.pass(s.passed, v)
	s.above.pass(s.passed, v)
}

// skip goes past the next n values if none of the ranks is among them.
func (s *rankSearch) skip(n int64) bool {
	if s.below.within(s.passed+n) || s.above.within(s.passed+n) {
		return false
	}
	s.passed += n
	return true
}

func (s *rankSearch) ascend(a, b *side) {
	first, end := bothOctaves(a, b)
	for exp := first; exp < end; exp++ {
		inA, inB := a.octave(exp), b.octave(exp)
		if s.skip(inA.total() + inB.total()) {
			continue
		}
		for i := range octaveSize {
			if n := inA.count(i) + inB.count(i); n > 0 {
				s.pass(n, bucketMiddle(exp, i))
			}
		}
	}
}

func (s *rankSearch) descend(a, b *side) {
	first, end := bothOctaves(a, b)
	for exp := end - 1; exp >= first; exp-- {
		inA, inB := a.octave(exp), b.octave(exp)
		if s.skip(inA.total() + inB.total()) {
			continue
		}
		for i := octaveSize - 1; i >= 0; i-- {
			if n := inA.count(i) + inB.count(i); n > 0 {
				s.pass(n, -bucketMiddle(exp, i))
			}
		}
	}
}

// bothOctaves returns the range of octaves that a or b has.
func bothOctaves(a, b *side) (first, end int) {
	switch {
	case len(a.high) == 0:
		return b.first(), b.end()
	case len(b.high) == 0:
		return a.first(), a.end()
	}
	return min(a.first(), b.first()), max(a.end(), b.end())
}
