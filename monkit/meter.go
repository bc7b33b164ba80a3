package monkit

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// meterSpan is how far back a rate reaches, more by up to one meterStep.
	meterSpan = int64(time.Minute)
	meterStep = meterSpan / 6
	// meterMarks is how many marks reach back a meterSpan: recordLocked adds two at
	// most in a step, and of the oldest step one is enough.
	meterMarks = 2*int(meterSpan/meterStep) + 1
)

// Meter counts events and their rate a second, over the last minute or so. It
// is safe for concurrent use; a Mark takes a lock only now and then.
type Meter struct {
	key   SeriesKey
	total atomic.Int64
	next  atomic.Int64 // the total beyond which a Mark must read the clock

	mu sync.Mutex
	// guarded by mu
	marks   [meterMarks]meterMark // a ring
	newest  uint8                 // the index in marks
	filled  uint8                 // how many of marks are set
	checked meterMark             // when the clock was last read
	stride  int64                 // how many events may be marked before it is read again
}

// meterMark is a total that was true at a time.
type meterMark struct {
	when  int64 // ticks
	total int64
}

// NewMeter returns a meter with the series key.
func NewMeter(key SeriesKey) *Meter {
	m := &Meter{key: key}
	m.beginLocked(ticks(), 0) // m is not shared yet
	return m
}

func (m *Meter) beginLocked(now, total int64) {
	m.checked = meterMark{when: now, total: total}
	m.restartLocked(m.checked)
	m.stride = 0
	m.total.Store(total)
	m.next.Store(total)
}

// restartLocked forgets all marks but first.
func (m *Meter) restartLocked(first meterMark) { m.marks[0], m.newest, m.filled = first, 0, 1 }

// Mark counts amount events.
func (m *Meter) Mark(amount int) { m.Mark64(int64(amount)) }

// Mark64 counts amount events.
func (m *Meter) Mark64(amount int64) {
	if total := m.total.Add(amount); total > m.next.Load() || amount < 0 {
		m.checkClock(total - amount)
	}
}

// checkClock records that the total was before until now, if a step has
// passed. It lengthens the stride while events come fast, by no more than an
// eighth: the events of a burst after the last look at the clock seem to be spread
// until the next one, which may be minutes later. If another goroutine holds the
// lock, that one does the same.
func (m *Meter) checkClock(before int64) {
	if !m.mu.TryLock() {
		return
	}
	defer m.mu.Unlock()
	now := ticks()
	switch gap := now - m.checked.when; {
	case gap < int64(100*time.Millisecond):
		m.stride = min(m.stride, math.MaxInt64/16)*9/8 + 1
	case gap > int64(time.Second):
		m.stride = 0
	}
	m.recordLocked(now, before)
	m.setNextLocked(now, m.total.Load())
}

// setNextLocked lets stride more events pass before the clock is read again.
func (m *Meter) setNextLocked(now, total int64) {
	m.checked = meterMark{when: now, total: total}
	next := total + m.stride
	if next < total {
		next = math.MaxInt64
	}
	m.next.Store(next)
}

// recordLocked adds a mark if the newest one is a step old. If the clock was
// not read for longer than a step, it first adds a mark of when it last was;
// or of a meterSpan ago, if that is later and there were no events since.
func (m *Meter) recordLocked(now, total int64) {
	this := meterMark{when: now, total: total}
	age := now - m.marks[m.newest].when
	if age < 0 { // the clock is another one: all marks are useless
		m.restartLocked(this)
		return
	}
	if age < meterStep {
		return
	}
	if pause := now - m.checked.when; pause > meterSpan && m.checked.total == total {
		m.pushLocked(meterMark{when: now - meterSpan, total: total})
	} else if pause > meterStep {
		m.pushLocked(m.checked)
	}
	m.pushLocked(this)
}

func (m *Meter) pushLocked(mark meterMark) {
	m.newest = (m.newest + 1) % uint8(meterMarks)
	m.filled = min(m.filled+1, uint8(meterMarks))
	m.marks[m.newest] = mark
}

// SetTotal sets the total. The rate stays as it is, as if the total had always
// been higher or lower.
func (m *Meter) SetTotal(total int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	shift := total - m.total.Swap(total)
	for i := range m.marks {
		m.marks[i].total += shift
	}
	m.checked.total += shift
	m.next.Store(total) // the next Mark reads the clock
}

// Reset makes the meter a new one whose total begins at newTotal.
func (m *Meter) Reset(newTotal int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.beginLocked(ticks(), newTotal)
}

// Rate returns the events a second over the last minute or so, or since the
// meter was made if that is less.
func (m *Meter) Rate() float64 {
	rate, _ := m.rateAndTotal(ticks())
	return rate
}

// Total returns how many events there ever were.
func (m *Meter) Total() float64 { return float64(m.total.Load()) }

func (m *Meter) rateAndTotal(now int64) (rate, total float64) {
	if m == nil { // of a DiffMeter
		return 0, 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	sum := m.total.Load()
	m.recordLocked(now, sum)
	m.stride = 0
	m.setNextLocked(now, sum)
	from := m.spanStartLocked(now)
	seconds := max(float64(now-from.when)/float64(time.Second), 1)
	return float64(sum-from.total) / seconds, float64(sum)
}

// spanStartLocked returns the total a meterSpan ago, or the oldest mark if
// that is later. It takes the total to have risen steadily between two marks.
func (m *Meter) spanStartLocked(now int64) meterMark {
	then := now - meterSpan
	from := m.marks[m.newest]
	for i := 1; i < int(m.filled) && from.when > then; i++ {
		older := m.marks[(int(m.newest)+meterMarks-i)%meterMarks]
		if older.when <= then {
			share := float64(then-older.when) / float64(from.when-older.when)
			return meterMark{when: then, total: older.total + int64(share*float64(from.total-older.total))}
		}
		from = older
	}
	return from
}

// Stats emits rate and total.
func (m *Meter) Stats(cb func(key SeriesKey, field string, val float64)) {
	rate, total := m.rateAndTotal(ticks())
	cb(m.key, "rate", rate)
	cb(m.key, "total", total)
}

// DiffMeter is the difference of two meters.
type DiffMeter struct {
	key    SeriesKey
	m1, m2 *Meter
}

// NewDiffMeter returns the difference m1 - m2 with the series key. A nil meter
// has no events.
func NewDiffMeter(key SeriesKey, m1, m2 *Meter) *DiffMeter {
	return &DiffMeter{key: key, m1: m1, m2: m2}
}

// Stats emits rate and total.
func (d *DiffMeter) Stats(cb func(key SeriesKey, field string, val float64)) {
	now := ticks()
	rate1, total1 := d.m1.rateAndTotal(now)
	rate2, total2 := d.m2.rateAndTotal(now)
	cb(d.key, "rate", rate1-rate2)
	cb(d.key, "total", total1-total2)
}

// IsTotal reports that no field counts up: a difference may fall.
func (d *DiffMeter) IsTotal(SeriesKey, string) (total, known bool) { return false, true }
