package collect

import (
	"runtime"
	"testing"
	"time"
)

func TestABatchOutlivesTheGarbageCollector(t *testing.T) {
	c := New(listOf(100), Options{Interval: 24 * time.Hour})
	defer closeNow(t, c)
	first := c.snapshot(time.Now())
	first.release()
	runtime.GC()
	runtime.GC()
	if next := c.snapshot(time.Now()); next != first {
		t.Error("the second walk made a batch of its own")
	} else {
		next.release()
	}
}

func TestSparesAreBounded(t *testing.T) {
	p := newSpares()
	var out []*shared
	for range 10 {
		out = append(out, p.take())
	}
	for _, s := range out {
		s.hold()
		s.release()
		if len(p) > 2 {
			t.Fatal("more than two are kept")
		}
		s.release()
	}
	if len(p) != 2 {
		t.Errorf("%d are kept, want 2", len(p))
	}
}
