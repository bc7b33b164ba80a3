package monkit

import (
	"fmt"
	"maps"
	"sync"
	"testing"
)

// fixed emits one sample. It is comparable.
type fixed struct {
	key SeriesKey
	val float64
}

func (f fixed) Stats(cb func(key SeriesKey, field string, val float64)) { cb(f.key, "f", f.val) }

// uncomparable is a source of a type that == panics for.
type uncomparable []fixed

func (u uncomparable) Stats(cb func(key SeriesKey, field string, val float64)) {
	for _, f := range u {
		f.Stats(cb)
	}
}

// wrapper is comparable unless the source in it is not.
type wrapper struct{ StatSource }

func TestChainAddsAComparableSourceOnce(t *testing.T) {
	one := fixed{NewSeriesKey("one"), 1}
	tagged := fixed{NewSeriesKey("two").WithTags(SeriesTag{"t", "v"}, SeriesTag{"scope", "other"}), 2}
	for _, tt := range []struct {
		name  string
		chain []StatSource
		want  int // samples
	}{
		{"two sources", []StatSource{one, tagged}, 2},
		{"the same source twice", []StatSource{one, one, &one, &one}, 2},
		{"a type that is not comparable", []StatSource{uncomparable{one}, uncomparable{one}}, 2},
		{"a comparable type around one that is not", []StatSource{wrapper{uncomparable{one}}, wrapper{uncomparable{one}}}, 2},
		{"functions", []StatSource{StatSourceFunc(one.Stats), StatSourceFunc(one.Stats)}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewRegistry()
			s := r.ScopeNamed("s")
			for _, src := range tt.chain {
				s.Chain(src)
			}
			n := 0
			r.Stats(func(key SeriesKey, _ string, _ float64) {
				n++
				if key.Tags.Get("scope") != "s" {
					t.Errorf("%v lacks the tag of the scope", key)
				}
			})
			if n != tt.want {
				t.Errorf("%d samples, want %d", n, tt.want)
			}
		})
	}
}

func TestDetachEndsTheLastAttach(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	a, b := fixed{NewSeriesKey("a"), 1}, fixed{NewSeriesKey("b"), 2}
	s.Chain(b)
	first, second, third := s.Attach(a), s.Attach(a), s.Attach(b)
	count := func(want int) {
		t.Helper()
		if got := Collect(r); len(got) != want {
			t.Errorf("samples %v, want %d", got, want)
		}
	}
	count(2)
	first()
	first()
	count(2) // a is still attached by the second
	second()
	count(1)
	third()
	count(1) // Chain cannot be undone
	s.Attach(a)
	count(2)
}

func TestSourcePanicIsCounted(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	s.Chain(nil)
	s.Chain(StatSourceFunc(func(cb func(SeriesKey, string, float64)) {
		cb(NewSeriesKey("before"), "f", 1)
		panic("no")
	}))
	s.Chain(fixed{NewSeriesKey("after"), 1})
	want := map[string]float64{
		"before,scope=s f": 1, "after,scope=s f": 1,
		"monkit_scope,scope=s callback_panics": 1,
		"monkit_scope,scope=s kind_conflicts":  0,
		"monkit_scope,scope=s overflows":       1,
		"monkit_scope,scope=s unlisted_spans":  0,
	}
	if got := Collect(r); !maps.Equal(got, want) {
		t.Errorf("samples %v, want %v", got, want)
	}
}

// A panic of the callback is not one of the source.
func TestPanicOfTheCallbackPasses(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	s.Chain(fixed{NewSeriesKey("a"), 1})
	defer func() {
		if rec := recover(); rec != "mine" || s.health.panics.Load() != 0 {
			t.Errorf("recovered %v, counted %d", rec, s.health.panics.Load())
		}
	}()
	r.Stats(func(SeriesKey, string, float64) { panic("mine") })
}

// Readers recognise a series by its *TagSet.
func TestWalksEmitTheSameTagSets(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	s.Counter("c", SeriesTag{"a", "1"}).Inc(1)
	ctx := t.Context()
	err := fmt.Errorf("an error")
	s.FuncNamed("f").Task(&ctx)(&err)
	s.Chain(fixed{NewSeriesKey("kept").WithTag("a", "1"), 1})
	s.Chain(fixed{NewSeriesKey("bare"), 1})
	s.Chain(StatSourceFunc(func(cb func(SeriesKey, string, float64)) {
		cb(NewSeriesKey("new").WithTag("a", "1"), "f", 1)
	}))
	walk := func() map[string]*TagSet {
		sets := make(map[string]*TagSet)
		r.Stats(func(key SeriesKey, field string, _ float64) { sets[key.WithField(field)] = key.Tags })
		return sets
	}
	if first, second := walk(), walk(); !maps.Equal(first, second) {
		t.Errorf("the second walk has other tag sets: %v, %v", first, second)
	}
}

func TestTagCacheIsBounded(t *testing.T) {
	base := new(TagSet).Set("scope", "s")
	var c tagCache
	for i := range 3 * maxCachedTags {
		c.merge(new(TagSet).Set("n", fmt.Sprint(i)), base)
	}
	n := 0
	c.byPointer.Range(func(any, any) bool { n++; return true })
	c.byText.Range(func(any, any) bool { n++; return true })
	if n > 2*maxCachedTags {
		t.Errorf("%d tag sets are cached", n)
	}
	set := new(TagSet).Set("n", "1")
	if got := c.merge(set, base); got.String() != "n=1,scope=s" || c.merge(set, base) != got {
		t.Errorf("merged to %v", got)
	}
}

// A few sets more than are cached must not make all of them new at each walk, nor
// must sets that never come again stay for ever.
func TestFullTagCacheKeepsWhatIsUsed(t *testing.T) {
	base := new(TagSet).Set("scope", "s")
	var c tagCache
	sets := make([]*TagSet, maxCachedTags+100)
	for i := range sets {
		sets[i] = new(TagSet).Set("n", fmt.Sprint(i))
	}
	walk := func() (merged []*TagSet) {
		for _, set := range sets {
			merged = append(merged, c.merge(set, base))
		}
		return merged
	}
	first, same := walk(), 0
	for i, set := range walk() {
		if set == first[i] {
			same++
		}
		if set.String() != first[i].String() {
			t.Fatalf("set %d is %v, was %v", i, set, first[i])
		}
	}
	if same != maxCachedTags {
		t.Errorf("%d of %d sets are the same at the second walk, want %d", same, len(sets), maxCachedTags)
	}
	for range 16 * maxCachedTags / 100 { // only these are used now
		for _, set := range sets[maxCachedTags:] {
			c.merge(set, base)
		}
	}
	if _, ok := c.byPointer.Load(sets[len(sets)-1]); !ok {
		t.Error("a set that came after the cache was full is never cached")
	}
}

func TestWalksAreConcurrent(t *testing.T) {
	r := fullRegistry(10)
	s := r.ScopeNamed("full")
	s.Chain(fixed{NewSeriesKey("a").WithTag("b", "c"), 1})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 100 {
				n := 0
				detach := s.Attach(StatSourceFunc(func(cb func(SeriesKey, string, float64)) { cb(NewSeriesKey("x"), "f", 1) }))
				s.Counter("c0").Inc(int64(i))
				r.Stats(func(SeriesKey, string, float64) { n++ })
				detach()
				if n < 200 {
					t.Errorf("%d samples", n)
				}
			}
		})
	}
	wg.Wait()
}
