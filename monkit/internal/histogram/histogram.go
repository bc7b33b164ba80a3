// Package histogram counts numbers in buckets by their size, and so finds any
// quantile of the values of the last one to two minutes, at most 1 % off.
//
// Sliding is the type to use. It takes no lock and reads no clock: the caller
// guards it and passes times, in nanoseconds of one monotonic clock.
package histogram

import "time"

// windowLength is how long a window fills before the next one replaces it.
// Quantiles are of the newest two windows: the last one to two minutes.
const windowLength = int64(time.Minute)

// maxUnclocked bounds how many values may follow without a Tick. Reading the
// clock costs more than counting a value.
const maxUnclocked = 255

// Sliding is the histogram of the values of the last one to two minutes: a
// window that is being filled and the one before it. The zero Sliding is empty
// and ready to use.
//
// To count a finite value, call Advance if the time is at hand, or else Tick
// if the value is Due; then ExtendRange unless the value is InRange; then Add.
// For most values, Bucket and AddToBucket replace the last two.
type Sliding[T Number] struct {
	// What every value changes comes first, on few cache lines.
	due     int64 // the current window's count from which on the next value is Due
	start   int64 // when the current window began
	checked int64 // when the clock was last read
	current window[T]

	previous *window[T] // nil until the first window has ended
	stride   int64      // how many values the last Tick let pass; 0 before the first
	expired  float64    // the sum of all values that are in neither window
}

// Due reports whether Tick must be called before the next value is added.
func (s *Sliding[T]) Due() bool { return s.current.count >= s.due }

// Tick is Advance for a caller that does not read the clock for every value.
// It decides how many values may pass until the next one is Due: twice as many
// as before while they come fast, one after a pause.
func (s *Sliding[T]) Tick(now int64) {
	switch gap := now - s.checked; {
	case gap < int64(50*time.Millisecond):
		s.stride = min(2*s.stride, maxUnclocked)
	case gap > int64(time.Second):
		s.stride = 1
	}
	s.stride = max(s.stride, 1)
	s.checked = now
	s.moveTo(now)
	s.due = s.current.count + s.stride
}

// RequireTick makes the next value Due. Readers call it, so that a value long
// after a read does not count in a window from before it.
func (s *Sliding[T]) RequireTick() { s.due, s.stride = 0, 1 }

// Advance makes the window of now the current one.
func (s *Sliding[T]) Advance(now int64) {
	s.checked = now
	if uint64(now-s.start) >= uint64(windowLength) {
		s.moveTo(now)
	}
}

// moveTo makes the window of now the current one. A time in the window just
// before counts in the current one as well: another goroutine read the clock
// later and was counted earlier.
func (s *Sliding[T]) moveTo(now int64) {
	start := windowStart(now)
	if s.empty() || start != s.start && start != s.start-windowLength {
		s.rotate(start)
	}
}

// windowStart returns when the window of now begins. Windows of all histograms
// begin at the same times, so that merging two loses nothing.
func windowStart(now int64) int64 {
	into := now % windowLength
	if into < 0 {
		into += windowLength
	}
	return now - into
}

// empty reports whether there never was a value.
func (s *Sliding[T]) empty() bool { return s.current.count == 0 && s.previous == nil }

// rotate begins the window of start in the memory of the oldest one. The
// current window becomes the previous one if it ends where the new one begins.
func (s *Sliding[T]) rotate(start int64) {
	s.due = 0
	if s.empty() {
		s.current.clear()
		s.start = start
		return
	}
	if s.previous == nil {
		s.previous = new(window[T])
	}
	s.current, *s.previous = *s.previous, s.current
	s.expire(&s.current)
	if start != s.start+windowLength {
		s.expire(s.previous)
	}
	s.start = start
}

func (s *Sliding[T]) expire(w *window[T]) {
	s.expired += w.sum
	w.clear()
}

// InRange reports whether v lies between the lowest and the highest value of
// the current window. If not, ExtendRange must be called before Add.
func (s *Sliding[T]) InRange(v T) bool { return v >= s.current.min && v <= s.current.max }

// ExtendRange makes v, which must be finite, the lowest or highest value of
// the current window, or both.
func (s *Sliding[T]) ExtendRange(v T) { s.current.extend(v, v) }

// Add counts v, which must be InRange.
func (s *Sliding[T]) Add(v T) {
	s.current.sum += float64(v)
	s.current.count++
	s.current.buckets.add(float64(v))
}

// Bucket returns the bucket of v in the current window. It reports whether v
// may be counted by AddToBucket, which is faster than Add: v is InRange, and
// the bucket exists. Both are inlined, since calls would be most of the cost.
func (s *Sliding[T]) Bucket(v T) (i uint64, ok bool) {
	i = bitsOf(v)>>bucketShift - s.current.buckets.positive.base
	return i, s.InRange(v) && i < uint64(len(s.current.buckets.positive.low))
}

// AddToBucket counts v in bucket i of the current window. If it returns true,
// the caller must call Carry(i); the call here would be one too many for the
// compiler to inline AddToBucket.
func (s *Sliding[T]) AddToBucket(v T, i uint64) (carry bool) {
	w := &s.current
	w.sum += float64(v)
	w.count++
	w.buckets.positive.low[i]++
	return w.buckets.positive.low[i] == 0
}

// Carry completes an AddToBucket that returned true.
func (s *Sliding[T]) Carry(i uint64) { s.current.buckets.positive.carry(int(i), 1) }

// Sum returns the sum of all values since the last Clear, former windows
// included, as exactly as a float64 can.
func (s *Sliding[T]) Sum() float64 {
	sum := s.expired + s.current.sum
	if s.previous != nil {
		sum += s.previous.sum
	}
	return sum
}

// CheckedAfter reports whether the clock was read for s after it was for o.
func (s *Sliding[T]) CheckedAfter(o *Sliding[T]) bool { return s.checked > o.checked }

// Merge adds the values of o. The newer current window of the two becomes, or
// stays, the current one; values older than the window before it only count in
// Sum.
func (s *Sliding[T]) Merge(o *Sliding[T]) {
	if o.empty() {
		return
	}
	if s.empty() || o.checked > s.checked {
		s.checked = o.checked
	}
	if s.empty() || o.start > s.start {
		s.rotate(o.start)
	}
	sum := s.Sum() + o.Sum()
	switch o.start {
	case s.start:
		s.current.merge(&o.current)
		s.mergePrevious(o.previous)
	case s.start - windowLength:
		s.mergePrevious(&o.current)
	}
	s.expired += sum - s.Sum()
	s.due = 0
}

func (s *Sliding[T]) mergePrevious(w *window[T]) {
	if w == nil || w.count == 0 {
		return
	}
	if s.previous == nil {
		s.previous = new(window[T])
	}
	s.previous.merge(w)
}

// Clear forgets all values and keeps the memory for more.
func (s *Sliding[T]) Clear() {
	s.current.clear()
	if s.previous != nil {
		s.previous.clear()
	}
	s.expired = 0
	s.RequireTick()
}

// Clone returns an independent copy.
func (s *Sliding[T]) Clone() Sliding[T] {
	c := *s
	c.current = s.current.clone()
	if s.previous != nil {
		previous := s.previous.clone()
		c.previous = &previous
	}
	return c
}
