package collect

import (
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

func TestIDsAreUniqueWhileInUse(t *testing.T) {
	var ids idPool
	a, b := ids.alloc(), ids.alloc()
	if a == b || a == 0 || b == 0 {
		t.Errorf("got %d and %d", a, b)
	}
	ids.release(a)
	if c := ids.alloc(); c == b {
		t.Errorf("%d is in use twice", c)
	}
}

// Memos are slices as long as the largest number: numbers that were released
// must be given again.
func TestIDsStayDense(t *testing.T) {
	var ids idPool
	for range 1000 {
		ids.release(ids.alloc())
	}
	if id := ids.alloc(); id != 1 {
		t.Errorf("after 1000 numbers that came and went the next is %d, want 1", id)
	}
}

func TestClosedTableReleasesItsIDs(t *testing.T) {
	before := inUse(&shared.points)
	tab := newTable(nil, &shared, nil)
	tab.begin(new(chunked[float64]))
	for _, field := range []string{"a", "b", "c"} {
		tab.add(monkit.NewSeriesKey("m"), field, 1)
	}
	tab.end()
	if n := inUse(&shared.points); n != before+3 {
		t.Errorf("%d numbers are in use, want %d", n, before+3)
	}
	tab.close()
	if n := inUse(&shared.points); n != before {
		t.Errorf("%d numbers are in use after close, want %d", n, before)
	}
	if n := inUse(&shared.series); n > inUse(&shared.points) {
		t.Errorf("%d series are in use and %d points", n, inUse(&shared.points))
	}
}

// A Walker takes no numbers from those of collectors, since it has no Close.
func TestWalkerHasItsOwnNumbers(t *testing.T) {
	before := inUse(&shared.points)
	for range 2 {
		w := NewWalker(listOf(3))
		var b reporters.Batch
		if w.Walk(&b, time.Now()) || len(b.Points) == 0 || b.Points[0].ID != 1 || b.Points[0].Series != 1 {
			t.Errorf("points are %+v", b.Points)
		}
	}
	if n := inUse(&shared.points); n != before {
		t.Errorf("%d numbers are in use, want %d", n, before)
	}
}

// A source whose walk panics has the points before that, and its next walk all.
func TestWalkOfSourceThatPanics(t *testing.T) {
	fail := true
	w := NewWalker(monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
		cb(monkit.NewSeriesKey("m"), "a", 1)
		cb(monkit.NewSeriesKey("m"), "a", 2)
		if fail {
			panic("broken")
		}
		cb(monkit.NewSeriesKey("m"), "b", 3)
	}))
	for _, want := range []int{1, 2} {
		var b reporters.Batch
		if panicked := w.Walk(&b, time.Now()); panicked != fail || len(b.Points) != want {
			t.Errorf("panicked %v with %d points, want %d", panicked, len(b.Points), want)
		}
		fail = false
	}
	if n := w.Duplicates(); n != 2 {
		t.Errorf("%d duplicates, want 2", n)
	}
}

func inUse(p *idPool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return int(p.last) - len(p.free)
}
