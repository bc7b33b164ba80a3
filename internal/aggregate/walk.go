package aggregate

import (
	"time"

	"monkit.example/monkit"
)

// idleTime is how long a series is kept that gets no more lines.
const idleTime = int64(time.Hour)

// partLen is how many series a walk reads while lines wait.
const partLen = 256

// The fields of counters, gauges and sets.
const (
	totalField = "total"
	valueField = "value"
	countField = "count"
)

// sample is what the callback of Stats gets.
type sample struct {
	key   monkit.SeriesKey
	field string
	val   float64
}

// walk is how far a walk is in Aggregate.order.
type walk struct {
	end  int // series that there were at its begin; -1 before that
	read int // series that were read
	kept int // those of them that were not deleted; they are in order[:kept]
}

// Stats emits the series that there are, in the order of their first lines, and
// deletes those that are idle. Lines never wait for the callback.
func (a *Aggregate) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	a.walking.Lock()
	defer a.walking.Unlock()
	w := walk{end: -1}
	defer a.finish(&w) // also if the callback panics
	for a.readPart(&w) {
		for i := range a.samples {
			cb(a.samples[i].key, a.samples[i].field, a.samples[i].val)
		}
	}
}

// readPart reads the next series into samples. It reports false at the end.
func (a *Aggregate) readPart(w *walk) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.samples = a.samples[:0]
	if w.end < 0 {
		w.end = len(a.order)
	}
	if w.read == w.end || a.endedLocked() {
		return false
	}
	now := a.now()
	for range min(partLen, w.end-w.read) {
		s := a.order[w.read]
		w.read++
		if !s.deleted && !a.readLocked(s, now) {
			a.deleteLocked(s)
		}
		if !s.deleted {
			a.order[w.kept] = s
			w.kept++
		}
	}
	return true
}

// finish removes the series that were deleted from the order.
func (a *Aggregate) finish(w *walk) {
	clear(a.samples[:cap(a.samples)]) // releases the series
	a.mu.Lock()
	defer a.mu.Unlock()
	n := w.kept + copy(a.order[w.kept:], a.order[w.read:])
	clear(a.order[n:])
	a.order = a.order[:n]
}

// endedLocked reports whether walks have ended.
func (a *Aggregate) endedLocked() bool { return !a.endWalks.IsZero() && !time.Now().Before(a.endWalks) }

// readLocked appends the samples of s. It reports false if s is to be deleted. One
// with lines that no walk has emitted is not, however long ago they came: walks may be
// more than idleTime apart.
func (a *Aggregate) readLocked(s *series, now int64) (keep bool) {
	if s.waiting == 0 && now-s.last > idleTime {
		return false
	}
	add := func(field string, val float64) { a.samples = append(a.samples, sample{s.key, field, val}) }
	a.counts.Delivered += s.waiting
	a.counts.Pending -= s.waiting
	s.waiting = 0
	switch role(s.name[0]) {
	case counterRole:
		add(totalField, s.value)
	case gaugeRole:
		add(valueField, s.value)
	case distRole:
		s.dist.emit(now, s.owner, add)
	case setRole:
		return a.readSetLocked(s, add)
	}
	return true
}

func (a *Aggregate) readSetLocked(s *series, add func(field string, val float64)) (keep bool) {
	n := s.set.count()
	if n > 0 || a.endWalks.IsZero() {
		add(countField, n)
	}
	s.set.clear()
	return n > 0
}

// IsTotal reports that the fields total, and the count of a distribution, only grow.
func (a *Aggregate) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	switch field {
	case totalField:
		return true, true
	case countField:
		a.mu.Lock()
		defer a.mu.Unlock()
		a.name = appendName(a.name[:0], setRole, key)
		return a.series[string(a.name)] == nil, true
	}
	return false, true
}
