package collide

import (
	"fmt"
	"testing"
	"time"

	"monkit.example/reporters"
)

// counter returns a point of a counter.
func counter(series uint32, name string, total float64, at time.Duration) reporters.Point {
	p := point(series, name)
	p.Kind, p.Value, p.Time = reporters.Counter, total, int64(time.Hour+at)
	return p
}

// walk encodes the parts of one walk and returns the last value of each name.
func (e encoder) walk(parts ...[]reporters.Point) map[string]float64 {
	got := map[string]float64{}
	for _, points := range parts {
		e.BeginBatch(points)
		for i := range points {
			p := &points[i]
			hash := e.Hash([]byte(clean(p.Key.Measurement)))
			e.Claim(p, hash)
			name := clean(p.Key.Measurement + "." + p.Field)
			switch e.Check(e.Contest(p), p, []byte(p.Field)) {
			case Write:
				got[name] = p.Value
			case Share:
				e.Add(p, []byte(name))
			}
		}
		e.EndBatch()
	}
	e.TakeSums(func(text []byte, total float64, _ int64) { got[string(text)] = total })
	return got
}

func summing() encoder {
	e := newEncoder()
	e.sums = true
	return e
}

func checkWalk(t *testing.T, step string, got map[string]float64, want ...any) {
	t.Helper()
	expected := map[string]float64{}
	for i := 0; i < len(want); i += 2 {
		expected[want[i].(string)] = want[i+1].(float64)
	}
	if fmt.Sprint(got) != fmt.Sprint(expected) {
		t.Errorf("%s: got %v, want %v", step, got, expected)
	}
}

func TestCountersOfOneNameAreAddedUp(t *testing.T) {
	for _, order := range [][2]int{{0, 1}, {1, 0}} {
		e := summing()
		for walk := range 4 {
			at := time.Duration(walk) * time.Second
			points := []reporters.Point{counter(1, "a_b.n", float64(1+walk), at), counter(2, "a b.n", float64(4+10*walk), at)}
			if walk > 0 {
				points[0], points[1] = points[order[0]], points[order[1]]
			}
			checkWalk(t, fmt.Sprint("walk ", walk), e.walk(points), "a_b.n", float64(5+11*walk))
		}
		e.checkCounts(t, 1, 0)
	}
}

func TestSumNeverFalls(t *testing.T) {
	e := summing()
	pair := func(first, second float64, at time.Duration) []reporters.Point {
		return []reporters.Point{counter(1, "a_b.n", first, at), counter(2, "a b.n", second, at)}
	}
	checkWalk(t, "first", e.walk(pair(10, 4, 0)), "a_b.n", 14.0)
	checkWalk(t, "one restarts", e.walk(pair(2, 5, time.Second)), "a_b.n", 17.0)
	checkWalk(t, "one is not there", e.walk([]reporters.Point{counter(2, "a b.n", 6, 2*time.Second)}), "a_b.n", 18.0)
	checkWalk(t, "its number is reused", e.walk([]reporters.Point{counter(2, "a b.n", 7, 3*time.Second), counter(1, "c.n", 1, 3*time.Second)}), "a_b.n", 19.0, "c.n", 1.0)
	checkWalk(t, "it comes back with another", e.walk([]reporters.Point{counter(2, "a b.n", 7, 4*time.Second), counter(3, "a_b.n", 3, 4*time.Second)}), "a_b.n", 20.0)
	checkWalk(t, "the other is idle", e.walk([]reporters.Point{counter(3, "a_b.n", 5, ownerIdle+3*time.Second)}), "a_b.n", 22.0)
}

// A server takes a total that is a rounding error less for one that was restarted.
func TestSumOfFractionsNeverFalls(t *testing.T) {
	e, last := summing(), 0.0
	for walk := range 200 {
		at, points := time.Duration(walk)*time.Second, []reporters.Point(nil)
		for i := range uint32(7) {
			p := counter(i+1, "a_b.n", 0.1*float64(i+1), at)
			p.Key = point(0, []string{"a_b.", "a b."}[min(i, 1)]).Key.WithTag("i", fmt.Sprint(i))
			points = append(points, p)
		}
		points[walk%7].Value += 1e-3 * float64(walk/7)
		for i := range points {
			points[i].Value += float64(walk) * 0.3
		}
		total := e.walk(points)["a_b.n"]
		if total < last {
			t.Fatalf("walk %d: the sum falls from %v to %v", walk, last, total)
		}
		last = total
	}
}

// The parts of a walk are batches of their own.
func TestCountersOfTwoPartsAreAddedUp(t *testing.T) {
	e := summing()
	for walk, want := range []float64{1, 7, 9} { // the fields of the first are not known in the first walk
		at := time.Duration(walk) * time.Second
		got := e.walk([]reporters.Point{counter(1, "a_b.n", float64(1+walk), at)}, []reporters.Point{counter(2, "a b.n", float64(4+walk), at)})
		checkWalk(t, fmt.Sprint("walk ", walk), got, "a_b.n", want)
	}
	e.checkCounts(t, 1, 1)
}

func TestDeltasOfOneNameAreAddedUp(t *testing.T) {
	for _, later := range []bool{false, true} {
		e := summing()
		for walk := range 3 {
			at := time.Duration(walk) * time.Second
			points := []reporters.Point{counter(1, "a_b.n", 1, at), counter(2, "a b.n", 4, at)}
			points[0].Kind, points[1].Kind = reporters.CounterDelta, reporters.CounterDelta
			if later {
				points[0], points[1] = points[1], points[0]
			}
			checkWalk(t, fmt.Sprint("walk ", walk), e.walk(points), "a_b.n", 5.0)
		}
	}
}

func TestOnlyCountersAreAddedUp(t *testing.T) {
	for _, tt := range []struct {
		name  string
		kinds [2]reporters.Kind
		field string
		want  float64
	}{
		{"gauges", [2]reporters.Kind{reporters.Gauge, reporters.Gauge}, "n", 1},
		{"a gauge and a counter", [2]reporters.Kind{reporters.Gauge, reporters.Counter}, "n", 1},
		{"a counter and a gauge", [2]reporters.Kind{reporters.Counter, reporters.Gauge}, "n", 1},
		{"a counter and a delta", [2]reporters.Kind{reporters.Counter, reporters.CounterDelta}, "n", 1},
		{"samples", [2]reporters.Kind{reporters.Sample, reporters.Sample}, "n", 1},
		{"sums of distributions, whose counts are", [2]reporters.Kind{reporters.Gauge, reporters.Gauge}, "sum", 5},
	} {
		e := summing()
		for walk := range 3 {
			at := time.Duration(walk) * time.Second
			points := []reporters.Point{counter(1, "a_b."+tt.field, 1, at), counter(2, "a b."+tt.field, 4, at)}
			points[0].Kind, points[1].Kind = tt.kinds[0], tt.kinds[1]
			checkWalk(t, tt.name, e.walk(points), "a_b."+tt.field, tt.want)
		}
	}
}

// An encoder that is called without batches, by code that does not take sums, must
// not keep points for them.
func TestPointsAreAddedOnlyToSumsThatAreTaken(t *testing.T) {
	e := summing()
	e.check(t, "a_b.n", counter(1, "a_b.n", 1, 0))
	hash := e.Hash([]byte("a_b"))
	first, second := counter(1, "a_b.n", 1, 0), counter(2, "a b.n", 4, 0)
	e.Claim(&second, hash)
	c := e.Contest(&second)
	if got := e.Check(c, &first, []byte("n")); got != Write {
		t.Errorf("the first is %v, want it written", got)
	}
	if got := e.Check(c, &second, []byte("n")); got != Refuse {
		t.Errorf("the second is %v, want it refused", got)
	}
}

func TestMemoryOfSums(t *testing.T) {
	e := summing()
	sum := 0.0
	for i := range churn {
		at := time.Duration(i) * time.Minute
		points := []reporters.Point{counter(1, "a_b.n", float64(i), at)}
		for j := range 3 {
			points = append(points, counter(uint32(3*i+j+2), "a b.n", 1, at)) // counters that come and go
			points[j+1].Key = point(0, "a b.n").Key.WithTag("i", fmt.Sprint(i, j))
			points[j+1].Field = "n"
		}
		sum = e.walk(points)["a_b.n"]
	}
	if want := float64(churn - 1 + 3*churn); sum != want {
		t.Errorf("the sum is %v, want %v", sum, want)
	}
	for _, c := range e.contests {
		for _, h := range c.fields {
			if h.sum != nil && len(h.sum.last) > 4*minSweep || len(c.refused) > 4*minSweep {
				t.Errorf("the last values of %d counters are remembered, and %d series", len(h.sum.last), len(c.refused))
			}
		}
	}
}
