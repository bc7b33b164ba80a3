package monkit

import (
	"slices"
	"strconv"
	"sync"
	"time"
)

// Buckets calls cb with how many recent values lie in each range that has any,
// from the lowest up. A range is a factor of two wide, from low up to high,
// high being left out, or low for negative values; zero has a range of its
// own. Durations are in seconds.
func (d *Dist[T]) Buckets(cb func(low, high float64, count int64)) {
	var o octaves
	d.octaves(&o)
	for _, b := range o.all {
		low, high := b.bounds()
		cb(low*unit[T](), high*unit[T](), b.n)
	}
}

// octaves counts values by a number for each factor of two: that is the
// exponent of the IEEE format, negative for negative values, 0 for zero.
type octaves struct {
	all []octaveCount // by number
}

type octaveCount struct {
	number int
	n      int64
	key    SeriesKey // of a heat map; empty until it has one
}

// bounds are those of the octave's range.
func (o *octaveCount) bounds() (low, high float64) {
	switch {
	case o.number > 0:
		return edge(o.number), edge(o.number + 1)
	case o.number < 0:
		return -edge(-o.number + 1), -edge(-o.number)
	}
	return 0, 0
}

func (o *octaves) add(number int, n int64) {
	if n == 0 {
		return
	}
	i, ok := slices.BinarySearchFunc(o.all, number, func(c octaveCount, number int) int { return c.number - number })
	if !ok {
		o.all = slices.Insert(o.all, i, octaveCount{number: number})
	}
	o.all[i].n += n
}

// octaves adds the recent values to o.
func (d *Dist[T]) octaves(o *octaves) {
	a, b, fresh := d.recent.view(ticks())
	if !fresh {
		return
	}
	for _, w := range [...]*window[T]{a, b} {
		if w != nil {
			w.buckets.octaves(o)
		}
	}
}

func (b *buckets) octaves(o *octaves) {
	o.add(0, b.zeros)
	for exp := b.pos.first(); exp < b.pos.end(); exp++ {
		o.add(exp, b.pos.octave(exp).total())
	}
	for exp := b.neg.first(); exp < b.neg.end(); exp++ {
		o.add(-exp, b.neg.octave(exp).total())
	}
}

// unit is what values are multiplied by where people read them.
func unit[T Number]() float64 {
	if _, ok := any(T(0)).(time.Duration); ok {
		return 1 / float64(time.Second)
	}
	return 1
}

// heatmap tells the buckets of distributions. It knows every octave that it
// ever told, at most one for each exponent.
type heatmap struct {
	key  SeriesKey
	unit float64
	read func(o *octaves)

	mu  sync.Mutex
	all octaves // guarded by mu
}

func newHeatmap(key SeriesKey, unit float64, read func(o *octaves)) *heatmap {
	key.Measurement += "_buckets"
	return &heatmap{key: key, unit: unit, read: read}
}

// Stats tells rcount, for each range of a factor of two that ever had a value,
// with the tag le: its upper end.
func (h *heatmap) Stats(cb func(key SeriesKey, field string, val float64)) {
	h.mu.Lock()
	for i := range h.all.all {
		h.all.all[i].n = 0
	}
	h.read(&h.all)
	h.name()
	told := slices.Clone(h.all.all) // cb is not ours
	h.mu.Unlock()
	for i := range told {
		cb(told[i].key, "rcount", float64(told[i].n))
	}
}

// name makes the keys that are missing. mu is held.
func (h *heatmap) name() {
	for i := range h.all.all {
		if o := &h.all.all[i]; o.key.Measurement == "" {
			_, high := o.bounds()
			o.key = h.key.WithTag("le", strconv.FormatFloat(high*h.unit, 'g', 6, 64))
		}
	}
}

// Heatmap returns a source of how the values of the last one to two minutes
// are spread: series of the Val's name with _buckets behind it, the field
// rcount, and the tag le, which is the upper end of a range a factor of two
// wide. It is not part of a scope unless it is chained:
//
//	mon.Chain(mon.IntVal("size").Heatmap())
func (v *Val[T]) Heatmap() StatSource {
	return newHeatmap(v.key, unit[T](), func(o *octaves) {
		d := v.lanes.lockAll()
		defer v.lanes.unlockAll()
		d.octaves(o)
	})
}

// Heatmap is as that of a DurationVal.
func (t *Timer) Heatmap() StatSource { return t.times.Heatmap() }

// Heatmap is as that of a DurationVal, for the times of all runs, well or not.
func (f *FuncStats) Heatmap() StatSource {
	key := SeriesKey{Measurement: f.key.Measurement + "_times", Tags: f.key.Tags}
	return newHeatmap(key, unit[time.Duration](), func(o *octaves) {
		success := f.success.lockAll()
		defer f.success.unlockAll()
		success.octaves(o)
		f.failure.octaves(o)
	})
}
