package monkit

import (
	"math"
	"math/rand"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestAValueIsRecentForOneToTwoMinutes asks every ten seconds, as collectors
// do, how long the greatest value is told.
func TestAValueIsRecentForOneToTwoMinutes(t *testing.T) {
	narrow := func() *IntVal { return NewIntVal(NewSeriesKey("v")) }
	for name, fresh := range map[string]func() *IntVal{"one lane": narrow, "many lanes": wide} {
		for late := time.Duration(0); late < time.Minute; late += 7 * time.Second {
			synctest.Test(t, func(t *testing.T) {
				v := fresh()
				time.Sleep(late)
				v.Observe(1000)
				var age, recent time.Duration
				for ; Collect(v)["v rmax"] == 1000; age += 10 * time.Second {
					recent = age
					time.Sleep(10 * time.Second)
					v.Observe(1)
				}
				if recent < time.Minute || recent >= 2*time.Minute {
					t.Errorf("%s: a value is recent for %v", name, recent)
				}
			})
		}
	}
}

// TestWhoComesLateTakesNothingAway has a run that ended before a window began
// be counted after one that ended in it.
func TestWhoComesLateTakesNothingAway(t *testing.T) {
	border := windowOf(ticks())
	for name, before := range map[string]bool{"first values": false, "a new window": true} {
		f := NewFuncStats(NewSeriesKey("f"))
		if before {
			f.end(nil, false, 7*time.Second, border-int64(time.Second))
		}
		f.end(nil, false, 5*time.Second, border+1)
		f.end(nil, false, time.Second, border-1)
		if got := f.SuccessTimes().Query(.5); !within1Percent(got.Seconds(), 5) {
			t.Errorf("%s: the median is %v, want 5s", name, got)
		}
		if got := f.success.first.dist.summary(border - 1); !got.fresh {
			t.Errorf("%s: who looked at the clock before the window began sees nothing", name)
		}
	}
}

// TestALongAgoBurstIsNotRecent has values come so fast that the clock was not
// read for all of them.
func TestALongAgoBurstIsNotRecent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := NewIntVal(NewSeriesKey("v"))
		for range 5000 {
			v.Observe(1000)
		}
		time.Sleep(time.Hour)
		if _, told := Collect(v)["v r50"]; told {
			t.Error("what was an hour ago is recent")
		}
		v.Observe(1)
		if got := Collect(v)["v r99"]; got != 1 {
			t.Errorf("r99 is %v, want 1", got)
		}
	})
}

// timed is a distribution beside all its values and when they came.
type timed struct {
	dist *IntDist
	vals []timedValue
}

type timedValue struct{ val, when int64 }

// recentVals is what the windows of now hold.
func (o *timed) recentVals(now int64) (vals []int64) {
	for _, v := range o.vals {
		if windowOf(v.when) >= windowOf(now)-windowLength {
			vals = append(vals, v.val)
		}
	}
	slices.Sort(vals)
	return vals
}

func (o *timed) check(t *testing.T) {
	t.Helper()
	now := ticks()
	vals := o.recentVals(now)
	s := o.dist.summary(now)
	if s.count != int64(len(o.vals)) || s.fresh != (len(vals) > 0) {
		t.Errorf("%d values, recent %v; want %d, of which %d are recent", s.count, s.fresh, len(o.vals), len(vals))
		return
	}
	var sum int64
	exact, size := 0.0, 0.0
	for _, v := range o.vals {
		sum += v.val
		exact += float64(v.val)
		size += math.Abs(float64(v.val))
	}
	if o.dist.Sum != sum || math.Abs(s.sum-exact) > 1e-12*size {
		t.Errorf("sum %d, told as %v, want %d and %v", o.dist.Sum, s.sum, sum, exact)
	}
	if avg := exact / max(1, float64(len(o.vals))); math.Abs(float64(o.dist.FullAverage())-avg) > 1+1e-12*size/max(1, float64(len(o.vals))) {
		t.Errorf("the average is %d, want %v", o.dist.FullAverage(), avg)
	}
	for i, q := range summaryQuantiles {
		if s.fresh {
			want := float64(vals[int(math.Round(q*float64(len(vals)-1)))])
			if got := s.quantiles[i]; !within1Percent(got, want) {
				t.Errorf("quantile %v is %v, want %v", q, got, want)
			}
		}
	}
}

var hostileInts = []func(r *rand.Rand) int64{
	func(r *rand.Rand) int64 { return 0 },
	func(r *rand.Rand) int64 { return math.MaxInt64 - int64(r.Intn(3)) },
	func(r *rand.Rand) int64 { return math.MinInt64 + int64(r.Intn(3)) },
	func(r *rand.Rand) int64 { return int64(r.Uint64()) >> r.Intn(64) },
	func(r *rand.Rand) int64 { return int64(r.Intn(5) - 2) },
}

func timedStep(r *rand.Rand, all []timed) {
	o, other := &all[r.Intn(len(all))], all[r.Intn(len(all))]
	switch r.Intn(20) {
	case 0, 5:
		if len(o.vals)+len(other.vals) < 500 {
			o.vals = append(o.vals, other.vals...) // o may be other
			o.dist.Merge(other.dist)
		}
	case 1:
		*o = timed{other.dist.Copy(), slices.Clone(other.vals)}
	case 2:
		o.dist.Reset()
		o.vals = nil
	case 3:
		o.dist.drain()
		o.vals = nil
	case 4:
		time.Sleep(time.Duration(r.Int63n(int64(100 * time.Second))))
	default:
		v := timedValue{hostileInts[r.Intn(len(hostileInts))](r), ticks()}
		o.dist.insertAt(v.val, v.when)
		o.vals = append(o.vals, v)
	}
}

// TestRecentAgainstAllValues does to distributions, over time, whatever may be
// done, in any order.
func TestRecentAgainstAllValues(t *testing.T) {
	for seed := range int64(100) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewSource(seed))
			all := make([]timed, 1+r.Intn(4))
			for i := range all {
				all[i].dist = NewIntDist(NewSeriesKey("d"))
			}
			for range r.Intn(500) {
				timedStep(r, all)
				all[r.Intn(len(all))].check(t)
			}
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
