package collect

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

func TestPooledBatchSurvivesGarbageCollection(t *testing.T) {
	c := New(listOf(100), Options{Interval: 24 * time.Hour})
	defer closeNow(t, c)
	first := c.snapshot(time.Now())
	first.release()
	runtime.GC()
	runtime.GC()
	if next := c.snapshot(time.Now()); next != first {
		t.Error("the second walk allocated another batch")
	} else {
		next.release()
	}
}

// A series that is gone must not be kept in memory by a batch that once had it.
func TestBatchForgetsSeriesThatTheLastWalkDidNotHave(t *testing.T) {
	l := listOf(100)
	c := New(l, Options{Interval: 24 * time.Hour})
	defer closeNow(t, c)
	s := c.snapshot(time.Now())
	s.batch()
	s.release()
	l.keys = l.keys[:10]
	s = c.snapshot(time.Now())
	n := len(s.batch().Points)
	s.release()
	b := &s.whole
	if n != 20 || len(b.Points) != 0 {
		t.Errorf("the batch had %d points, and has %d in the pool", n, len(b.Points))
	}
	for i, p := range b.Points[n:cap(b.Points)] {
		if p.Key.Tags != nil || p.Field != "" {
			t.Fatalf("place %d of %d still refers to %s", n+i, cap(b.Points), p.Key.WithField(p.Field))
		}
	}
	if s.order != nil || s.series.n != 0 {
		t.Error("the pool has a batch with series")
	}
}

// Parts have all points in order, and none has only a part of those of a series,
// which a format may write as one line.
func TestPartsAreTheBatch(t *testing.T) {
	wide := &list{keys: []monkit.SeriesKey{monkit.NewSeriesKey("wide")}}
	for i := range 3 * partLen {
		wide.fields = append(wide.fields, fmt.Sprint("f", i))
	}
	for name, tt := range map[string]struct {
		src   monkit.StatSource
		parts int
	}{
		"nothing":                      {listOf(0), 0},
		"few series":                   {listOf(10), 1},
		"many series":                  {listOf(2 * partLen), 4},
		"a series larger than a part":  {wide, 1},
		"fields that are not reported": {&list{keys: wide.keys, fields: append([]string{"ignored"}, wide.fields...)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := New(tt.src, Options{Interval: 24 * time.Hour, Without: []string{"ignored"}})
			defer closeNow(t, c)
			for range 2 {
				s := c.snapshot(time.Now())
				var got []reporters.Point
				parts := 0
				for part := range s.parts {
					if n := len(got); n > 0 && got[n-1].Series == part[0].Series {
						t.Error("a series is in two parts")
					}
					got = append(got, part...)
					parts++
				}
				if !slices.Equal(got, s.batch().Points) || len(got) != s.points() || parts != tt.parts {
					t.Errorf("%d points in %d parts, want %d in %d", len(got), parts, s.points(), tt.parts)
				}
				for range s.parts {
					break // a reporter that panics takes no more
				}
				s.release()
			}
		})
	}
}

func TestBatchPoolIsBounded(t *testing.T) {
	p := newBatchPool()
	var out []*sharedBatch
	for range 10 {
		out = append(out, p.get())
	}
	for _, s := range out {
		s.retain()
		s.release()
		if len(p) > 2 {
			t.Fatal("more than two batches are in the pool")
		}
		s.release()
	}
	if len(p) != 2 {
		t.Errorf("%d batches are in the pool, want 2", len(p))
	}
}
