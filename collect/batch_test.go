package collect

import (
	"runtime"
	"testing"
	"time"
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
	c.snapshot(time.Now()).release()
	l.keys = l.keys[:10]
	b := c.snapshot(time.Now())
	n := len(b.Points)
	b.release()
	if len(b.Points) != 0 {
		t.Errorf("the pool has a batch of %d points", len(b.Points))
	}
	for i, p := range b.Points[n:cap(b.Points)] {
		if p.Key.Tags != nil || p.Field != "" {
			t.Fatalf("place %d of %d still refers to %s", n+i, cap(b.Points), p.Key.WithField(p.Field))
		}
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
