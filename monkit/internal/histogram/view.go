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
// smallest value, to 1, the largest one. quantiles ascends and has a length of
// at most 8. Without values, out becomes zero.
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
	var ranks [maxQuantiles]int64
	var found [maxQuantiles]float64
	for i, q := range quantiles {
		ranks[i] = rankOf(q, n)
	}
	s := rankSearch{ranks: ranks[:len(quantiles)], values: found[:len(quantiles)]}
	s.run(&a.buckets, &b.buckets)
	for i := range quantiles {
		switch ranks[i] {
		case 0:
			out[i] = low
		case n - 1:
			out[i] = high
		default:
			out[i] = clamp(found[i], low, high)
		}
	}
}

// rankOf returns the index of quantile q among n sorted values.
func rankOf(q float64, n int64) int64 {
	if !(q > 0) { // NaN too
		return 0
	}
	return min(int64(math.Round(min(q, 1)*float64(n-1))), n-1)
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

// rankSearch finds the values at some ranks in one pass over buckets, from the
// smallest value up.
type rankSearch struct {
	ranks  []int64   // ascending; 0 is the smallest value
	values []float64 // at those ranks
	found  int       // how many of values are set
	passed int64     // how many values the pass has left behind
}

// run searches the sum of a and b.
func (s *rankSearch) run(a, b *buckets) {
	s.descend(&a.negative, &b.negative)
	s.pass(a.zeros+b.zeros, 0)
	s.ascend(&a.positive, &b.positive)
}

// pass goes past the next n values, which all are v.
func (s *rankSearch) pass(n int64, v float64) {
	s.passed += n
	for s.found < len(s.ranks) && s.ranks[s.found] < s.passed {
		s.values[s.found] = v
		s.found++
	}
}

// skip goes past the next n values if none of the ranks is among them.
func (s *rankSearch) skip(n int64) bool {
	if s.found < len(s.ranks) && s.ranks[s.found] < s.passed+n {
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
