package environment

import (
	"math"
	"runtime/metrics"
	"time"

	"monkit.example/monkit"
)

// window is as long as that of a monkit.Dist: what is recent lies within the
// last one to two of them, or since the walk before, if that is longer ago.
const window = time.Minute

// history makes summaries of one runtime metric: it keeps the counts of the
// program's start as they were when the last two windows began. The zero
// history has seen nothing.
type history struct {
	began        time.Time // of the newer window
	older, newer []uint64  // nil is zero
	recent       []uint64  // serves every add
}

// add takes the histogram that h is now.
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

// summary is a histogram in the fields of a distribution, apart from the
// newest value, which no histogram knows.
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

// quantiles are those of a monkit.Dist.
var quantiles = [...]struct {
	field string
	q     float64
}{{"rmin", 0}, {"r10", 0.1}, {"r50", 0.5}, {"r90", 0.9}, {"r95", 0.95}, {"r99", 0.99}, {"r999", 0.999}, {"rmax", 1}}

type description struct {
	count uint64
	sum   float64
	at    [len(quantiles)]float64
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

// counts is how many values lie in each bucket, which is from bounds[i] up to
// bounds[i+1].
type counts struct {
	bounds []float64
	in     []uint64
}

func (c counts) total() (count uint64, sum float64) {
	for i, n := range c.in {
		if n > 0 {
			count += n
			sum += float64(n) * c.middle(i)
		}
	}
	return count, sum
}

// quantile is the value at q of count values, which are all there are.
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

// middle stands for the values in bucket i; of a bucket without an end it is
// the end it has.
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
