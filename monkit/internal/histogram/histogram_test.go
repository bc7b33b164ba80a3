package histogram

import (
	"math"
	"testing"
	"time"
)

const (
	second = int64(time.Second)
	minute = int64(time.Minute)
)

// insert counts v at now, as Dist does.
func insert[T Number](s *Sliding[T], v T, now int64) {
	s.Advance(now)
	count(s, v)
}

// insertUnclocked counts v without a look at the clock unless it is due, and
// reports whether it was.
func insertUnclocked[T Number](s *Sliding[T], v T, now int64) (due bool) {
	if due = s.Due(); due {
		s.Tick(now)
	}
	count(s, v)
	return due
}

func count[T Number](s *Sliding[T], v T) {
	if i, ok := s.Bucket(v); ok {
		if s.AddToBucket(v, i) {
			s.Carry(i)
		}
		return
	}
	if !s.InRange(v) {
		s.ExtendRange(v)
	}
	s.Add(v)
}

func quantile[T Number](s *Sliding[T], q float64, now int64) T {
	var out [1]T
	s.View(now).Quantiles([]float64{q}, out[:])
	return out[0]
}

func within1Percent(got, want float64) bool {
	return math.Abs(got-want) <= 0.01*math.Abs(want)
}

func TestValueIsRecentForOneToTwoMinutes(t *testing.T) {
	for late := int64(0); late < minute; late += 7 * second {
		var s Sliding[int64]
		insert(&s, 1000, late)
		now := late
		for ; quantile(&s, 1, now) == 1000; now += second {
			insert(&s, 1, now)
		}
		if recent := now - late; recent < minute || recent > 2*minute {
			t.Errorf("a value of second %d is recent for %v", late/second, time.Duration(recent))
		}
	}
}

func TestIdleHistogramIsStale(t *testing.T) {
	var s Sliding[int64]
	insert(&s, 3, 5*second)
	for _, tt := range []struct {
		now   int64
		fresh bool
	}{{4 * second, true}, {minute - 1, true}, {-1, true}, {2*minute - 1, true}, {2 * minute, false}, {-minute - 1, false}} {
		if got := s.View(tt.now).Fresh; got != tt.fresh {
			t.Errorf("at %v, fresh is %v, want %v", time.Duration(tt.now), got, tt.fresh)
		}
		if got := quantile(&s, .5, tt.now); got != 3 {
			t.Errorf("at %v, the median is %d, want that of the last values", time.Duration(tt.now), got)
		}
	}
	insert(&s, 4, 10*minute)
	if got := quantile(&s, 0, 10*minute); got != 4 {
		t.Errorf("after a pause, the lowest value is %d, want 4", got)
	}
	if s.Sum() != 7 {
		t.Errorf("the sum is %v, want 7", s.Sum())
	}
}

func TestOnlyPreviousWindowIsRecentAfterIt(t *testing.T) {
	var s Sliding[int64]
	insert(&s, 1, 0)
	insert(&s, 2, minute)
	view := s.View(2 * minute) // nothing was counted since
	if !view.Fresh || quantile(&s, 0, 2*minute) != 2 || view.Average() != 2 {
		t.Errorf("fresh %v, lowest value %d, average %d; want 2", view.Fresh, quantile(&s, 0, 2*minute), view.Average())
	}
}

func TestLateValueKeepsRecentOnes(t *testing.T) {
	for begun, median := range map[bool]int64{false: 3, true: 5} {
		var s Sliding[int64]
		if begun {
			insert(&s, 7, -second)
		}
		insert(&s, 5, 1)
		insert(&s, 1, -1) // its clock was read before the window began
		if got := quantile(&s, .5, -1); got != median {
			t.Errorf("with a window before %v: the median is %d, want %d", begun, got, median)
		}
		if !s.View(-1).Fresh {
			t.Errorf("with a window before %v: a view a little before the last value is stale", begun)
		}
	}
}

func TestClockThatGoesBackBeginsNewWindow(t *testing.T) {
	var s Sliding[int64]
	insert(&s, 7, 100*minute)
	insert(&s, 1, 5*minute)
	if got := quantile(&s, 1, 5*minute); got != 1 {
		t.Errorf("the highest value is %d, want 1", got)
	}
}

func TestTicksGetRareWhileValuesComeFast(t *testing.T) {
	var s Sliding[int64]
	last, ticks := 0, 0
	for i := range 10_000 {
		if insertUnclocked(&s, int64(i), int64(i)) {
			if gap := i - last; gap > maxUnclocked {
				t.Errorf("%d values passed between two ticks", gap)
			}
			last = i
			ticks++
		}
	}
	if ticks > 10_000/maxUnclocked+10 {
		t.Errorf("%d ticks for 10 000 values", ticks)
	}
	for i := range 1000 { // within the window of before, unless they tick
		insertUnclocked(&s, -1, minute+int64(i))
	}
	if got := s.current.count; got < 1000-maxUnclocked {
		t.Errorf("%d of 1000 values are in the next window", got)
	}
}

func TestStrideFollowsThePace(t *testing.T) {
	for _, tt := range []struct {
		name  string
		every time.Duration
		ticks int // of eight values, after a stride of 4
	}{
		{"fast values double the stride", time.Millisecond, 1},
		{"slower values keep the stride", 100 * time.Millisecond, 2},
		{"rare values all tick", 2 * time.Second, 8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s Sliding[int64]
			for s.stride < 4 || !s.Due() {
				insertUnclocked(&s, 1, 0)
			}
			now, ticks := int64(0), 0
			for range 8 {
				now += int64(tt.every)
				if insertUnclocked(&s, 1, now) {
					ticks++
				}
			}
			if ticks != tt.ticks {
				t.Errorf("%d ticks, want %d", ticks, tt.ticks)
			}
		})
	}
}

func TestValueAfterAReadIsDue(t *testing.T) {
	var s Sliding[int64]
	for range 1000 {
		insertUnclocked(&s, 1, 0)
	}
	for name, read := range map[string]func(){
		"RequireTick": s.RequireTick,
		"Clear":       s.Clear,
		"Merge": func() {
			var o Sliding[int64]
			insert(&o, 1, 0)
			s.Merge(&o)
		},
	} {
		for range 1000 {
			insertUnclocked(&s, 1, 0)
		}
		for s.Due() {
			insertUnclocked(&s, 1, 0)
		}
		if read(); !s.Due() {
			t.Errorf("after %s, the next value is not due", name)
		}
	}
}

func TestReadRestartsTheStride(t *testing.T) {
	var s Sliding[int64]
	for range 1000 {
		insertUnclocked(&s, 1, 0)
	}
	s.RequireTick()
	ticks := 0
	for range 8 {
		if insertUnclocked(&s, 1, 0) {
			ticks++
		}
	}
	if ticks != 3 {
		t.Errorf("%d of 8 values after a read tick, want 3, after strides of 1, 2 and 4", ticks)
	}
}

func TestFirstValueOfAWindowIsDue(t *testing.T) {
	var s Sliding[int64]
	for range 1000 {
		insertUnclocked(&s, 1, 0)
	}
	if s.Advance(minute); !s.Due() {
		t.Error("the first value of a window is not due")
	}
}

// Callers keep extremes of their own, and look at them only for values that are
// not InRange.
func TestNewWindowHasNoRange(t *testing.T) {
	var s, o, merged Sliding[int64]
	insert(&s, 5, 0)
	insert(&s, 5, minute)
	s.Advance(2 * minute)
	insert(&o, 5, 0)
	o.Advance(minute)
	merged.Merge(&o) // its current window is empty
	for name, s := range map[string]*Sliding[int64]{"advanced": &s, "merged": &merged} {
		for _, v := range []int64{-1, 0, 1, 5} {
			if s.InRange(v) {
				t.Errorf("%s: %d is in the range of a window without values", name, v)
			}
		}
	}
}

func TestWindowStart(t *testing.T) {
	for _, tt := range []struct{ now, want int64 }{
		{0, 0}, {1, 0}, {minute - 1, 0}, {minute, minute}, {-1, -minute}, {-minute, -minute}, {-minute - 1, -2 * minute},
	} {
		if got := windowStart(tt.now); got != tt.want {
			t.Errorf("the window of %d begins at %d, want %d", tt.now, got, tt.want)
		}
	}
}

func TestMerge(t *testing.T) {
	at := func(times ...int64) *Sliding[int64] {
		var s Sliding[int64]
		for _, when := range times {
			insert(&s, when/minute+1, when)
		}
		return &s
	}
	for _, tt := range []struct {
		name   string
		s, o   *Sliding[int64]
		recent int64   // how many values, in minute 10
		sum    float64 // of all values
	}{
		{"same windows", at(9*minute, 10*minute), at(9*minute, 10*minute), 4, 42},
		{"into an empty one", at(), at(9*minute, 10*minute), 2, 21},
		{"an empty one", at(9*minute, 10*minute), at(), 2, 21},
		{"a newer one", at(8*minute, 9*minute), at(10 * minute), 2, 30},
		{"an older one", at(10 * minute), at(8*minute, 9*minute), 2, 30},
		{"one from long ago", at(9*minute, 10*minute), at(minute, 2*minute), 2, 26},
		{"into one from long ago", at(minute, 2*minute), at(9*minute, 10*minute), 2, 26},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := tt.o.Sum()
			tt.s.Merge(tt.o)
			var n int64
			tt.s.View(10 * minute).Octaves(func(_, _ float64, count int64) { n += count })
			if n != tt.recent || tt.s.Sum() != tt.sum {
				t.Errorf("%d recent values, sum %v; want %d and %v", n, tt.s.Sum(), tt.recent, tt.sum)
			}
			if tt.o.Sum() != before {
				t.Errorf("the merged histogram has changed")
			}
		})
	}
}

func TestCheckedAfterFollowsTheClock(t *testing.T) {
	for _, now := range []int64{minute, -minute} {
		var a, b, both Sliding[int64]
		insert(&a, 1, now+5)
		insert(&b, 1, now+7)
		if a.CheckedAfter(&b) || !b.CheckedAfter(&a) || a.CheckedAfter(&a) {
			t.Errorf("the histogram that was updated last is not the one checked last")
		}
		both.Merge(&a)
		if !b.CheckedAfter(&both) {
			t.Errorf("at %v, a merged histogram is newer than what was merged into it", time.Duration(now))
		}
		both.Merge(&b)
		both.Merge(&a)
		if b.CheckedAfter(&both) || !both.CheckedAfter(&a) {
			t.Errorf("at %v, a merged histogram is not as new as the newest in it", time.Duration(now))
		}
		if a.Tick(now + 8); !a.CheckedAfter(&b) {
			t.Errorf("at %v, a histogram is not newer after a Tick", time.Duration(now))
		}
	}
}

func TestClearKeepsTheMemory(t *testing.T) {
	var s Sliding[int64]
	fill := func() {
		for i := range int64(1000) {
			insert(&s, i, 0)
			insert(&s, -i, 0)
		}
	}
	fill()
	if allocs := testing.AllocsPerRun(10, func() { s.Clear(); fill() }); allocs > 0 {
		t.Errorf("%v allocations after Clear, want 0", allocs)
	}
	s.Clear()
	if s.Sum() != 0 || s.View(0).Fresh || quantile(&s, .5, 0) != 0 || s.View(0).Average() != 0 {
		t.Errorf("Clear left values: sum %v", s.Sum())
	}
}

func TestCloneIsIndependent(t *testing.T) {
	var s Sliding[int64]
	for i := range int64(1000) { // more than the low byte of a count holds
		insert(&s, 1, 0)
		insert(&s, i%2, minute)
	}
	c := s.Clone()
	for range 3000 {
		insert(&c, 100, minute)
	}
	if got := quantile(&s, 1, minute); got != 1 {
		t.Errorf("the highest value of the original is %d, want 1", got)
	}
	if got, low := quantile(&c, .9, minute), quantile(&c, .3, minute); got != 100 || low != 1 {
		t.Errorf("quantiles of the copy are %d and %d, want 1 and 100", low, got)
	}
	s.Clear()
	if got := quantile(&c, .3, minute); got != 1 {
		t.Errorf("Clear of the original changed the copy: %d", got)
	}
}
