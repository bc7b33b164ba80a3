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
)

// Meter counts events and knows how many there are a second, over the last
// minute or so. It is safe for concurrent use; a Mark takes a lock only now
// and then.
type Meter struct {
	key   SeriesKey
	total atomic.Int64

	// From the total that next holds on, a Mark looks at the clock.
	next atomic.Int64

	mu     sync.Mutex
	past   [8]mark // guarded by mu, as all below; a ring, at is the newest
	at     int
	seen   mark  // at the last look at the clock
	stride int64 // how much may be marked between looks
}

// mark is a total that was true at a time.
type mark struct {
	when  int64 // ticks
	total int64
	set   bool
}

// NewMeter returns a meter with the series key.
func NewMeter(key SeriesKey) *Meter {
	m := &Meter{key: key}
	m.begin(ticks(), 0)
	return m
}

func (e *Meter) begin(now, total int64) {
	e.seen = mark{when: now, total: total, set: true}
	e.past = [8]mark{e.seen}
	e.at, e.stride = 0, 0
	e.total.Store(total)
	e.next.Store(total)
}

// Mark counts amount events.
func (e *Meter) Mark(amount int) { e.Mark64(int64(amount)) }

// Mark64 counts amount events.
func (e *Meter) Mark64(amount int64) {
	if total := e.total.Add(amount); total > e.next.Load() || amount < 0 {
		e.look(total - amount)
	}
}

// look writes down that the total was before until now, if it is time to,
// and lets more marks pass unclocked while they come fast. Whoever finds it
// busy goes on: somebody else is looking.
func (e *Meter) look(before int64) {
	if !e.mu.TryLock() {
		return
	}
	defer e.mu.Unlock()
	now := ticks()
	switch gap := now - e.seen.when; {
	case gap < int64(100*time.Millisecond):
		e.stride = min(e.stride, math.MaxInt64/8)*2 + 1
	case gap > int64(time.Second):
		e.stride = 0
	}
	e.note(now, before)
	e.rearm(now, e.total.Load())
}

func (e *Meter) rearm(now, total int64) {
	e.seen = mark{when: now, total: total, set: true}
	next := total + e.stride
	if next < total {
		next = math.MaxInt64
	}
	e.next.Store(next)
}

// note keeps the mark if the newest one is a step old. A silence before it is
// kept as it was, with the marks at its ends.
func (e *Meter) note(now, total int64) {
	this := mark{when: now, total: total, set: true}
	age := now - e.past[e.at].when
	if age < 0 { // another clock: all marks are worthless
		e.past, e.at = [8]mark{this}, 0
		return
	}
	if age < meterStep {
		return
	}
	if silence := now - e.seen.when; silence > meterSpan && e.seen.total == total {
		e.push(mark{when: now - meterSpan, total: total, set: true})
	} else if silence > meterStep {
		e.push(e.seen)
	}
	e.push(this)
}

func (e *Meter) push(m mark) {
	e.at = (e.at + 1) % len(e.past)
	e.past[e.at] = m
}

// SetTotal sets the total as if it had always been higher or lower: the rate
// stays as it is.
func (e *Meter) SetTotal(total int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	shift := total - e.total.Swap(total)
	for i := range e.past {
		e.past[i].total += shift
	}
	e.seen.total += shift
	e.next.Store(total) // the next Mark looks
}

// Reset starts the meter anew at newTotal.
func (e *Meter) Reset(newTotal int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.begin(ticks(), newTotal)
}

// Rate is the events a second over the last minute or so, or since the meter
// was made if that is less.
func (e *Meter) Rate() float64 {
	rate, _ := e.read(ticks())
	return rate
}

// Total is the events there ever were.
func (e *Meter) Total() float64 { return float64(e.total.Load()) }

func (e *Meter) read(now int64) (rate, total float64) {
	if e == nil { // of a DiffMeter
		return 0, 0
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	sum := e.total.Load()
	e.note(now, sum)
	e.stride = 0
	e.rearm(now, sum)
	from := e.since(now)
	seconds := max(float64(now-from.when)/float64(time.Second), 1)
	return float64(sum-from.total) / seconds, float64(sum)
}

// since is what the total was meterSpan ago, or at the oldest mark if that is
// later. Between two marks it is taken to have risen steadily.
func (e *Meter) since(now int64) mark {
	then := now - meterSpan
	from := e.past[e.at]
	for i := 1; i < len(e.past) && from.when > then; i++ {
		older := e.past[(e.at+len(e.past)-i)%len(e.past)]
		if !older.set {
			break
		}
		if older.when <= then {
			share := float64(then-older.when) / float64(from.when-older.when)
			return mark{when: then, total: older.total + int64(share*float64(from.total-older.total))}
		}
		from = older
	}
	return from
}

// Stats tells rate and total.
func (e *Meter) Stats(cb func(key SeriesKey, field string, val float64)) {
	rate, total := e.read(ticks())
	cb(e.key, "rate", rate)
	cb(e.key, "total", total)
}
