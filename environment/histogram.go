package environment

import (
	"math"
	"runtime/metrics"
	"time"

	"monkit.example/monkit"
)

// window is as long as that of a monkit.Dist. Recent values are those of the last
// one to two windows, or those since the previous walk, if that is longer ago.
const window = time.Minute

// A history turns the histograms of one runtime metric, which count since the
// start of the program, into summaries. It keeps the counts at the start of the
// last two windows, to subtract them. The zero history is ready for use.
type history struct {
	began        time.Time // start of the newer window
	older, newer []uint64  // counts at the start of a window; nil means zero
	recent       []uint64  // reused by each add
}

// add returns the summary of h, the present histogram.
func (s *history) add(h *metrics.Float64Histogram) summary {
	if now := time.Now(); now.Sub(s.began) >= window {
		s.older, s.newer = s.newer, append(s.older[:0], h.Counts...)
		s.began = now
	}
	s.recent = append(s.recent[:0], h.Counts...)
	for i, n := range s.older {
		s.recent[i] -= n
	}
	return summary{
		all:    describe(counts{h.Buckets, h.Counts}),
		recent: describe(counts{h.Buckets, s.recent}),
	}
}

// A summary has the fields of a distribution but for the newest value, which a
// histogram does not hold.
type summary struct {
	all, recent description
}

func (s *summary) emit(key monkit.SeriesKey, cb emit) {
	cb(key, "count", float64(s.all.count))
	if a := &s.all; a.count > 0 {
		cb(key, "sum", a.sum)
		cb(key, "min", a.at[0])
		cb(key, "max", a.at[len(a.at)-1])
	}
	if r := &s.recent; r.count > 0 {
		for i, q := range quantiles {
			cb(key, q.field, r.at[i])
			if i == 0 {
				cb(key, "ravg", r.sum/float64(r.count))
			}
		}
	}
}

// quantiles are the quantiles of a monkit.Dist and their fields.
var quantiles = [...]struct {
	field string
	q     float64
}{{"rmin", 0}, {"r10", 0.1}, {"r50", 0.5}, {"r90", 0.9}, {"r95", 0.95}, {"r99", 0.99}, {"r999", 0.999}, {"rmax", 1}}

// A description is what is known of a set of values.
type description struct {
	count uint64
	sum   float64
	at    [len(quantiles)]float64 // values of the quantiles
}

func describe(c counts) (d description) {
	d.count, d.sum = c.total()
	if d.count == 0 {
		return d
	}
	for i, q := range quantiles {
		d.at[i] = c.quantile(d.count, q.q)
	}
	return d
}

// counts is a histogram. Bucket i holds in[i] values from bounds[i] up to
// bounds[i+1].
type counts struct {
	bounds []float64
	in     []uint64
}

// total returns the number of values and their sum.
func (c counts) total() (count uint64, sum float64) {
	for i, n := range c.in {
		if n > 0 {
			count += n
			sum += float64(n) * c.middle(i)
		}
	}
	return count, sum
}

// quantile returns the value at q. count is the total of c.
func (c counts) quantile(count uint64, q float64) float64 {
	rank := max(1, uint64(math.Ceil(q*float64(count))))
	last := 0
	for i, n := range c.in {
		if n == 0 {
			continue
		}
		if last = i; n >= rank {
			break
		}
		rank -= n
	}
	return c.middle(last)
}

// middle returns the value that stands for all values of bucket i: its middle, or
// its only bound if the other one is infinite.
func (c counts) middle(i int) float64 {
	low, high := c.bounds[i], c.bounds[i+1]
	switch {
	case math.IsInf(low, -1):
		return high
	case math.IsInf(high, 1):
		return low
	}
	return low + (high-low)/2
}
