package turns

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// turn is the least duration of the peer's turn. In this time the garbage
// collector runs, and the processor time is exact enough.
const turn = 50 * time.Millisecond

// minRounds is enough for a median that does not depend on a busy moment of the
// machine. With fewer rounds, limits are not checked.
const minRounds = 10

// Measure is what a limit is for.
type Measure int

const (
	Processor Measure = iota // processor time of this process
	Elapsed                  // time by the clock: of work that waits for a disk
)

// Pair is the same work, done by this project and by a peer.
type Pair struct {
	Units int // in one call, such as points
	Bytes int // in one call; zero reports no throughput

	Limit     float64 // of the ratio of our time to the peer's; zero means none
	Measure   Measure // that the ratio is of
	MaxAllocs float64 // limit of our allocations a unit; zero means none

	Ours, Theirs func() // do the work once
}

// Run reports what a unit costs on both sides, and fails if a limit is exceeded.
// Metrics of time are in nanoseconds: "cpu-ns" is processor time of all threads,
// "ns" is time by the clock.
func (p Pair) Run(b *testing.B) {
	n := p.callsPerTurn()
	var ours, theirs []sample
	for b.Loop() {
		ours = append(ours, measure(p.Ours, n))
		theirs = append(theirs, measure(p.Theirs, n))
	}
	b.ReportMetric(0, "ns/op")
	allocs := p.report(b, "ours", ours, n)
	p.report(b, "theirs", theirs, n)
	ratio := p.ratio(ours, theirs)
	b.ReportMetric(ratio, "ratio")
	if Strict(len(ours)) {
		for _, err := range p.exceeded(ratio, allocs) {
			b.Error(err)
		}
	}
}

// exceeded returns an error for each limit that is exceeded.
func (p Pair) exceeded(ratio, allocs float64) (errs []error) {
	if p.Limit > 0 && !(ratio <= p.Limit) {
		errs = append(errs, fmt.Errorf("a unit costs %.3f of the peer's, want at most %.2f", ratio, p.Limit))
	}
	if p.MaxAllocs > 0 && allocs > p.MaxAllocs {
		errs = append(errs, fmt.Errorf("%.4f allocations a unit, want at most %v", allocs, p.MaxAllocs))
	}
	return errs
}

// Strict reports whether limits are checked after so many rounds.
func Strict(rounds int) bool { return rounds >= minRounds && !raceEnabled }

// callsPerTurn returns a number of calls for which the peer needs a turn.
func (p Pair) callsPerTurn() int {
	n := 1
	for measure(p.Theirs, n).elapsed < float64(turn) {
		n *= 2
	}
	return n
}

// sample is what a turn costs.
type sample struct {
	cpu, elapsed float64 // in nanoseconds
	allocs, size float64 // number and bytes of allocations
}

// measure returns what n calls of f cost. One call before fills the pools that the
// garbage collector has emptied.
func measure(f func(), n int) sample {
	runtime.GC() // garbage of the other side costs this one nothing
	f()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := CPU(), time.Now()
	for range n {
		f()
	}
	s := sample{elapsed: float64(time.Since(start)), cpu: float64(CPU() - cpu)}
	runtime.ReadMemStats(&after)
	s.allocs = float64(after.Mallocs - before.Mallocs)
	s.size = float64(after.TotalAlloc - before.TotalAlloc)
	return s
}

// report reports the medians of a side for one unit, and returns its allocations.
func (p Pair) report(b *testing.B, side string, turns []sample, calls int) (allocs float64) {
	units := float64(calls * p.Units)
	perUnit := func(value func(s sample) float64) float64 { return median(turns, value) / units }
	elapsed := perUnit(func(s sample) float64 { return s.elapsed })
	allocs = perUnit(func(s sample) float64 { return s.allocs })
	b.ReportMetric(perUnit(func(s sample) float64 { return s.cpu }), "cpu-ns/"+side)
	b.ReportMetric(elapsed, "ns/"+side)
	b.ReportMetric(allocs, "allocs/"+side)
	b.ReportMetric(perUnit(func(s sample) float64 { return s.size }), "B/"+side)
	if p.Bytes > 0 {
		b.ReportMetric(float64(p.Bytes)/float64(p.Units)/elapsed*1e3, "MB/s-"+side)
	}
	return allocs
}

// ratio returns the median of the ratios of two turns that follow each other:
// other load of the machine, which comes and goes, slows both.
func (p Pair) ratio(ours, theirs []sample) float64 {
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = p.time(ours[i]) / p.time(theirs[i])
	}
	return median(ratios, func(r float64) float64 { return r })
}

func (p Pair) time(s sample) float64 {
	switch p.Measure {
	case Processor:
		return s.cpu
	case Elapsed:
		return s.elapsed
	}
	panic(fmt.Sprintf("measure %d is unknown", p.Measure))
}

func median[T any, V cmp.Ordered](all []T, value func(T) V) V {
	values := make([]V, len(all))
	for i, v := range all {
		values[i] = value(v)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// Label returns name as the name of a sub-benchmark.
func Label(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, ",", ""), " ", "-")
}
