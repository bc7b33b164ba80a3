package monkit

import (
	"fmt"
	"math"
	"math/rand"
	"runtime"
	"testing"
	"time"
)

// heapOf returns what make made and how much memory that takes.
func heapOf(make func() any) (kept any, size int64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&before)
	kept = make()
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return kept, int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// TestDistIsAsSmallAsDocumented has the values that take most, in two windows.
func TestDistIsAsSmallAsDocumented(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, tt := range []struct {
		name string
		next func() float64
		n    int
		most int64 // bytes
	}{
		{"all bits", func() float64 { return math.Float64frombits(r.Uint64()) }, 200_000, 4 * 44 << 10},
		{"one sign", func() float64 { return math.Float64frombits(r.Uint64() >> 1) }, 200_000, 2 * 44 << 10},
		{"many of three decades", func() float64 { return 1 + 999*r.Float64() }, 200_000, 10 << 10},
		{"a hundred of three decades", func() float64 { return math.Pow(10, 3*r.Float64()) }, 100, 2 << 10},
		{"one", func() float64 { return 1 }, 1, 512},
	} {
		kept, size := heapOf(func() any {
			d := NewFloatDist(NewSeriesKey("d"))
			for i := range tt.n {
				d.insertAt(tt.next(), int64(i/(tt.n/2+1))*int64(time.Minute))
			}
			return d
		})
		if size > tt.most {
			t.Errorf("%s: %d bytes, want at most %d", tt.name, size, tt.most)
		}
		runtime.KeepAlive(kept)
	}
}

// TestIdleSeriesAreSmall makes a hundred thousand of each kind.
func TestIdleSeriesAreSmall(t *testing.T) {
	const scopes, each = 100, 1000
	for _, tt := range []struct {
		name string
		make func(s *Scope, name string)
		most int64 // bytes a series, its place in the scope included
	}{
		{"counter", func(s *Scope, name string) { s.Counter(name).Inc(1) }, 320},
		{"IntVal used once", func(s *Scope, name string) { s.IntVal(name).Observe(1) }, 800},
		{"Func never called", func(s *Scope, name string) { s.FuncNamed(name) }, 2 << 10},
	} {
		kept, size := heapOf(func() any {
			r := NewRegistry()
			for i := range scopes {
				s := r.ScopeNamed(fmt.Sprint("scope", i))
				for j := range each {
					tt.make(s, fmt.Sprint("name", j))
				}
			}
			return r
		})
		if size /= scopes * each; size > tt.most {
			t.Errorf("%s: %d bytes, want at most %d", tt.name, size, tt.most)
		}
		runtime.KeepAlive(kept)
	}
}
