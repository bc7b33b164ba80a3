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
