package monkit

import (
	"math"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
)

// grow makes s sharded, as contention does.
func (s *sharded[T]) grow() {
	s.first.mu.Lock()
	defer s.first.mu.Unlock()
	s.growLocked()
}

// newShardedVal returns a Val that has grown.
func newShardedVal() *IntVal {
	v := NewIntVal(NewSeriesKey("v"))
	v.shards.grow()
	return v
}

func TestShardsCountEveryValue(t *testing.T) {
	for name, v := range map[string]*IntVal{"one shard": NewIntVal(NewSeriesKey("v")), "many shards": newShardedVal()} {
		t.Run(name, func(t *testing.T) {
			const goroutines, each = 16, 1000
			var wg sync.WaitGroup
			for g := range goroutines {
				wg.Go(func() {
					for i := range each {
						v.Observe(int64(g*each + i))
						if i%100 == 0 {
							v.Stats(func(SeriesKey, string, float64) {}) // merges while others observe
						}
					}
				})
			}
			wg.Wait()
			const n = goroutines * each
			got := Collect(v)
			for field, want := range map[string]float64{"count": n, "sum": n * (n - 1) / 2, "min": 0, "max": n - 1, "rmin": 0, "rmax": n - 1} {
				if got["v "+field] != want {
					t.Errorf("%s is %v, want %v", field, got["v "+field], want)
				}
			}
			if median := float64(v.Quantile(.5)); math.Abs(median-n/2)/(n/2) > .01 {
				t.Errorf("the median is %v, want about %v", median, n/2)
			}
		})
	}
}

// TestContendedValIsSharded has goroutines find the Val locked, one after
// another.
func TestContendedValIsSharded(t *testing.T) {
	v := NewIntVal(NewSeriesKey("v"))
	v.shards.first.contention = contentionLimit - 2
	observed := 0
	for ; !v.shards.grown() && observed < 1000; observed++ {
		v.shards.first.mu.Lock()
		if n := v.shards.first.contention; n >= contentionLimit {
			t.Errorf("there is one shard after %d goroutines had to wait for it", n)
		}
		var wg sync.WaitGroup
		wg.Go(func() { v.Observe(1) })
		time.Sleep(time.Millisecond) // it most often waits by now
		v.shards.first.mu.Unlock()
		wg.Wait()
	}
	if !v.shards.grown() || observed < 2 {
		t.Errorf("grown is %v after %d contended calls, want true after 2", v.shards.grown(), observed)
	}
	v.Observe(1)
	if v.shards.first.dist.Count != int64(observed-1) {
		t.Errorf("the first shard has %d values, want those from before it grew: %d", v.shards.first.dist.Count, observed-1)
	}
	if got := Collect(v)["v count"]; got != float64(observed+1) {
		t.Errorf("%v values, want %d", got, observed+1)
	}
}

func TestOneAddressHasOneShard(t *testing.T) {
	var s sharded[int64]
	here := new([2 << 20]byte)
	p, far := unsafe.Pointer(here), unsafe.Pointer(&here[1<<20])
	for range contentionLimit {
		if s.grown() {
			t.Fatalf("there are more shards after %d contended calls", s.first.contention)
		}
		s.lockContended(addressHash(p)).mu.Unlock()
	}
	mine := s.lockFor(p)
	if mine == &s.first {
		t.Error("the first shard is still updated after it has grown")
	}
	mine.mu.Unlock()
	if again := s.lockFor(p); again != mine {
		t.Error("the same address has another shard")
	}
	mine.mu.Unlock()
	shards := map[*shard[int64]]bool{}
	for ; p != far; p = unsafe.Add(p, 1<<11) {
		other := s.lockFor(p)
		shards[other] = true
		other.mu.Unlock()
	}
	if want := len(*s.more.Load()); len(shards) != want {
		t.Errorf("512 addresses have %d shards, want all %d", len(shards), want)
	}
}

func TestProcessorsDecideHowManyShards(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for procs, want := range map[int]int{1: 4, 2: 8, 3: 16, 16: 64, 40: 64} {
		runtime.GOMAXPROCS(procs)
		var s sharded[int64]
		s.grow()
		if got := len(*s.more.Load()); got != want {
			t.Errorf("%d processors: %d shards, want %d", procs, got, want)
		}
	}
}

func TestGrownShardsStay(t *testing.T) {
	var s sharded[int64]
	s.grow()
	before := s.more.Load()
	if s.grow(); s.more.Load() != before {
		t.Error("growing twice replaces shards and loses their values")
	}
}

// TestRecentIsTheNewestOfAllShards has values in two shards.
func TestRecentIsTheNewestOfAllShards(t *testing.T) {
	for _, order := range [][2]int{{0, 1}, {1, 0}} {
		synctest.Test(t, func(t *testing.T) {
			v := newShardedVal()
			all := *v.shards.more.Load()
			for i, shard := range order {
				time.Sleep(time.Second)
				all[shard].dist.Insert(int64(i))
			}
			if got := Collect(v)["v recent"]; got != 1 {
				t.Errorf("order %v: recent is %v, want 1", order, got)
			}
		})
	}
}

// TestShardsForgetWithTime has a value wait in a shard for longer than it is
// recent.
func TestShardsForgetWithTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newShardedVal()
		v.Observe(1000)
		time.Sleep(5 * time.Minute)
		v.shards.first.dist.Insert(1)
		got := Collect(v)
		if got["v count"] != 2 || got["v max"] != 1000 || got["v rmax"] != 1 {
			t.Errorf("samples %v", got)
		}
	})
}
