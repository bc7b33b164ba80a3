package monkit

import (
	"hash/maphash"
	"sync/atomic"
)

// entry is one source in a table. All but next never changes.
type entry struct {
	next atomic.Pointer[entry]
	hash uint64
	name string
	tags *TagSet // the series', so with own tags that every caller leaves out
	src  StatSource
	own  uint8

	detached bool // src has no part in Stats: another kind has the series
}

// has reports whether the entry's tags are tags and its own, in any order.
func (e *entry) has(tags []SeriesTag) bool {
	if e.tags.Len() != len(tags)+int(e.own) {
		return false
	}
	var met uint64 // else one tag given twice could stand for two; see maxTags
	for _, tag := range tags {
		i, ok := e.tags.index(tag.Key)
		if !ok || e.tags.tags[i].Val != tag.Val || met&(1<<i) != 0 {
			return false
		}
		met |= 1 << i
	}
	return true
}

// table finds sources by name and tags. Looking up takes no lock and
// allocates nothing. Adding needs a lock that the owner holds; while it grows,
// a reader may miss an entry, so that who misses must look again under the
// lock.
type table struct {
	buckets atomic.Pointer[[]atomic.Pointer[entry]]
	n       int
}

const firstBuckets = 8 // a power of two

func (t *table) bucket(hash uint64) *atomic.Pointer[entry] {
	b := t.buckets.Load()
	if b == nil {
		return nil
	}
	return &(*b)[hash&uint64(len(*b)-1)]
}

func (t *table) first(hash uint64) *entry {
	b := t.bucket(hash)
	if b == nil {
		return nil
	}
	return b.Load()
}

func (t *table) add(e *entry) {
	if b := t.buckets.Load(); b == nil || t.n >= len(*b) {
		t.grow()
	}
	t.link(e)
	t.n++
}

func (t *table) link(e *entry) {
	b := t.bucket(e.hash)
	e.next.Store(b.Load())
	b.Store(e)
}

// grow doubles the buckets. Entries move one by one; a reader that stands on
// one that moves goes on in its new bucket and comes to that one's end.
func (t *table) grow() {
	old := t.buckets.Load()
	size := firstBuckets
	if old != nil {
		size = 2 * len(*old)
	}
	grown := make([]atomic.Pointer[entry], size)
	t.buckets.Store(&grown)
	if old == nil {
		return
	}
	for i := range *old {
		for e := (*old)[i].Load(); e != nil; {
			next := e.next.Load()
			t.link(e)
			e = next
		}
	}
}

// find returns the source of type T with name and tags.
func find[T StatSource](t *table, own uint8, hash uint64, name string, tags []SeriesTag) (src T, ok bool) {
	for e := t.first(hash); e != nil; e = e.next.Load() {
		if e.hash == hash && e.own == own && e.name == name && e.has(tags) {
			if src, ok = e.src.(T); ok {
				return src, true
			}
		}
	}
	return src, false
}

// taken reports whether name and tags belong to a source of any type that has a
// part in Stats.
func (t *table) taken(own uint8, hash uint64, name string, tags []SeriesTag) bool {
	for e := t.first(hash); e != nil; e = e.next.Load() {
		if e.hash == hash && e.own == own && e.name == name && e.has(tags) && !e.detached && whole(e.src) != nil {
			return true
		}
	}
	return false
}

var seed = maphash.MakeSeed()

// hashSeries does not depend on the order of tags.
func hashSeries(name string, tags []SeriesTag) uint64 {
	sum := maphash.String(seed, name)
	for i := range tags {
		key, val := maphash.String(seed, tags[i].Key), maphash.String(seed, tags[i].Val)
		sum += (key ^ val>>1) * 0x9e3779b97f4a7c15
	}
	return sum
}
