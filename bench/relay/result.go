package main

import (
	"slices"
	"time"
)

// A result is the result of one trial. Counts are in lines.
type result struct {
	peer        string
	sent        int
	kernelDrops int // dropped in the socket of the relay
	arrived     int // at the sink
	elapsed     time.Duration
	cpu         time.Duration // user and system, of the relay alone
	rss         int64         // the peak, in bytes
}

func (r result) linesPerSecond() float64 { return float64(r.arrived) / r.elapsed.Seconds() }

func (r result) nsPerLine() float64 { return float64(r.cpu.Nanoseconds()) / float64(max(r.arrived, 1)) }

// unaccounted returns the number of lines that the relay read and did not deliver.
// Duplicates make it negative.
func (r result) unaccounted() int { return r.sent - r.kernelDrops - r.arrived }

func median(rs []result, f func(result) float64) float64 {
	var values []float64
	for _, r := range rs {
		values = append(values, f(r))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func sum(rs []result, f func(result) int) (total int) {
	for _, r := range rs {
		total += f(r)
	}
	return total
}
