package collect

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// list is a source of fixed keys.
type list struct {
	keys   []monkit.SeriesKey
	fields []string
}

func (l *list) Stats(cb func(monkit.SeriesKey, string, float64)) {
	for _, k := range l.keys {
		for _, f := range l.fields {
			cb(k, f, 1)
		}
	}
}

func listOf(n int) *list {
	l := &list{fields: []string{"value", "total"}}
	for i := range n {
		l.keys = append(l.keys, monkit.NewSeriesKey("m").WithTag("i", fmt.Sprint(i)))
	}
	return l
}

// numbers walks w and returns the numbers of each sample by its text.
func numbers(t *testing.T, w *Walker) map[string][2]uint32 {
	t.Helper()
	var b reporters.Batch
	w.Walk(&b, time.Now())
	got := make(map[string][2]uint32)
	ids := make(map[uint32]bool)
	for _, p := range b.Points {
		if ids[p.ID] {
			t.Errorf("two points have the number %d", p.ID)
		}
		ids[p.ID] = true
		got[p.Key.WithField(p.Field)] = [2]uint32{p.Series, p.ID}
	}
	return got
}

func TestSeriesKeepTheirNumbers(t *testing.T) {
	l := listOf(5)
	w := NewWalker(l)
	defer w.table.close()
	before := numbers(t, w)
	for name, change := range map[string]func(){
		"nothing changes":      func() {},
		"a series comes first": func() { l.keys = append([]monkit.SeriesKey{monkit.NewSeriesKey("new")}, l.keys...) },
		"a series is removed":  func() { l.keys = append(l.keys[:2], l.keys[3:]...) },
		"the order changes":    func() { l.keys[0], l.keys[3] = l.keys[3], l.keys[0] },
		"keys are made again": func() {
			for i, k := range l.keys {
				tags := k.Tags.All()
				l.keys[i] = monkit.NewSeriesKey(k.Measurement)
				for key, val := range tags {
					l.keys[i] = l.keys[i].WithTag(key, val)
				}
			}
		},
	} {
		change()
		for text, n := range numbers(t, w) {
			if was, ok := before[text]; ok && was != n {
				t.Errorf("%s: %s was %v, is %v", name, text, was, n)
			}
		}
	}
}

// A walk looks up the series that came, and the first one after those that went.
// The test has the table find no other, so that any that was looked up would get
// new numbers.
func TestWalkLooksUpOnlyWhatMoved(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*list)
		looks  string // the tag of the one known series that is looked up
	}{
		{"a series comes first", func(l *list) { l.keys = append([]monkit.SeriesKey{monkit.NewSeriesKey("new")}, l.keys...) }, ""},
		{"series come between", func(l *list) {
			l.keys = slices.Insert(l.keys, 4, monkit.NewSeriesKey("new"), monkit.NewSeriesKey("newer"))
		}, ""},
		{"series go", func(l *list) { l.keys = slices.Delete(l.keys, 2, 5) }, "5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := listOf(10)
			w := NewWalker(l)
			before := numbers(t, w)
			keepIndexed(w.table, func(key monkit.SeriesKey) bool { return key.Tags.Get("i") == tt.looks })
			tt.change(l)
			for range 2 { // the second walk has the order of the first
				for text, n := range numbers(t, w) {
					if was, ok := before[text]; ok && was != n {
						t.Errorf("%s was looked up: it was %v and is %v", text, was, n)
					}
				}
			}
		})
	}
}

// keepIndexed has t find only the series for which keep returns true.
func keepIndexed(t *table, keep func(monkit.SeriesKey) bool) {
	t.seriesIndex, t.last = index{}, -1
	for i := range t.series.n {
		if keep(t.series.at(i).key) {
			t.seriesIndex.add(i, t.seriesHash)
		}
	}
}

func TestFieldsOfOneSeriesShareItsNumber(t *testing.T) {
	w := NewWalker(listOf(3))
	defer w.table.close()
	series := make(map[uint32]int)
	for _, n := range numbers(t, w) {
		series[n[0]]++
	}
	if len(series) != 3 {
		t.Errorf("3 series have %d numbers", len(series))
	}
}

func TestDuplicateSampleIsDroppedAndCounted(t *testing.T) {
	l := listOf(2)
	l.keys = append(l.keys, l.keys[0])
	w := NewWalker(l)
	defer w.table.close()
	if got := numbers(t, w); len(got) != 4 || w.table.duplicates != 2 {
		t.Errorf("%d samples, %d duplicates", len(got), w.table.duplicates)
	}
}

func TestIdleSeriesAreDeleted(t *testing.T) {
	l := listOf(100)
	w := NewWalker(l)
	numbers(t, w)
	l.keys = l.keys[:10]
	for range 2*idleWalks - 1 { // the first walk was before
		numbers(t, w)
	}
	if n := w.table.entries.n; n != 20 {
		t.Errorf("%d entries left", n)
	}
	if n := w.table.series.n; n != 10 {
		t.Errorf("%d series left", n)
	}
	if n := inUse(&w.table.ids.points); n != 20+90 {
		t.Errorf("%d numbers in use, want those of 20 entries and of 90 totals that may come back", n)
	}
	if n := inUse(&w.table.ids.series); n != 10 {
		t.Errorf("%d numbers of series in use, want 10", n)
	}
	numbers(t, w)
	w.table.close()
	if n := inUse(&w.table.ids.points) + inUse(&w.table.ids.series); n != 0 {
		t.Errorf("%d numbers in use after close", n)
	}
}

func TestWalkAllocatesNothing(t *testing.T) {
	w := NewWalker(listOf(1000))
	defer w.table.close()
	var b reporters.Batch
	walk := func() {
		b.Reset()
		w.Walk(&b, time.Now())
	}
	walk()
	if n := testing.AllocsPerRun(20, walk); n != 0 {
		t.Errorf("%v allocations a walk of 2000 samples", n)
	}
}

func BenchmarkWalk(b *testing.B) {
	w := NewWalker(listOf(5000))
	defer w.table.close()
	var batch reporters.Batch
	b.ReportAllocs()
	for b.Loop() {
		batch.Reset()
		w.Walk(&batch, time.Now())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(batch.Points)), "ns/sample")
}

func TestFieldsOfWithoutAreNotReported(t *testing.T) {
	w := NewWalker(listOf(3), "total", "no such field")
	defer w.table.close()
	for range 2 {
		got := numbers(t, w)
		if len(got) != 3 || w.table.duplicates != 0 {
			t.Errorf("without totals there are %v and %d duplicates", got, w.table.duplicates)
		}
	}
}
