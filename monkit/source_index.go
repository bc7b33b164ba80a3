package monkit

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// sourceIndex holds the metrics of one scope. lookup finds a metric by its
// kind, name and tags, and makes it at the first call; sweep drops idle ones
// (see source_index_weak.go).
//
// Finding takes no lock and allocates nothing. Making, sweeping and setLimit
// hold mu. A find may miss an entry while the table grows or is rebuilt, so
// that makeSource searches once more under mu.
type sourceIndex struct {
	scope *Scope // set once by newScope

	buckets atomic.Pointer[[]atomic.Pointer[indexEntry]] // a hash table; changed under mu
	full    atomic.Bool                                  // limit is reached; changed under mu
	limit   atomic.Int64                                 // of sources; changed under mu

	mu      sync.Mutex
	entries int          // guarded by mu; entries in buckets
	sources []StatSource // guarded by mu; the metrics that a walk reports; appended to or replaced, never changed
}

const (
	// maxSources is the limit that LimitSources replaces. Beyond it all further
	// metrics of a kind are one, called overflow.
	maxSources = 10_000

	// A metric with more tags, or more bytes in its name and tags, is that one
	// too. hasTags has a bit for each tag in 64.
	maxTags        = 60
	maxSeriesBytes = 4 << 10

	overflowName = "overflow" // with the tags kind=... and overflow=true

	firstBuckets = 8 // a power of two
)

// kind is one kind of metric.
type kind[T StatSource] struct {
	name string
	make func(s *Scope, key SeriesKey) T // runs under mu of the index of s
	fn   bool                            // the name is a function's: a tag, not the measurement
}

// indexEntry is one metric in the table. Only next changes.
type indexEntry struct {
	next atomic.Pointer[indexEntry] // in the same bucket

	hash uint64
	name string
	tags *TagSet // those of the series, with those that the index added
	src  StatSource

	fn       bool // the name is a function's
	detached bool // another kind has the series: src works but is not reported
}

// matches reports whether e has the name and tags, in any order, that a caller gave.
func (e *indexEntry) matches(fn bool, hash uint64, name string, tags []SeriesTag) bool {
	return e.hash == hash && e.fn == fn && e.name == name && e.hasTags(tags)
}

func (e *indexEntry) hasTags(tags []SeriesTag) bool {
	added := 1 // scope
	if e.fn {
		added = 2 // scope and name
	}
	if e.tags.Len() != len(tags)+added {
		return false
	}
	var seen uint64 // or one tag given twice would match two; see maxTags
	for _, tag := range tags {
		i, ok := e.tags.index(tag.Key)
		if !ok || e.tags.tags[i].Val != tag.Val || seen&(1<<i) != 0 {
			return false
		}
		seen |= 1 << i
	}
	return true
}

// lookup returns the metric of kind k with name and tags. It makes the metric
// at the first call. Tags in another order are the same metric.
func lookup[T StatSource](s *Scope, k *kind[T], name string, tags []SeriesTag) T {
	if src, ok := find[T](&s.index, k.fn, name, tags); ok {
		return src
	}
	if s.index.full.Load() {
		return overflow(&s.index, k)
	}
	return makeSource(&s.index, k, name, tags)
}

// find returns the metric of type T with name and tags.
func find[T StatSource](x *sourceIndex, fn bool, name string, tags []SeriesTag) (src T, ok bool) {
	hash := hashSeries(name, tags)
	for e := x.first(hash); e != nil; e = e.next.Load() {
		if e.matches(fn, hash, name, tags) {
			if src, ok = e.src.(T); ok {
				return src, true
			}
		}
	}
	return src, false
}

// makeSource returns a metric that find did not find, and makes it unless the
// index has it after all: another goroutine may have made it since, the tags
// may have had duplicates or a tag scope, and the metric may be weak.
func makeSource[T StatSource](x *sourceIndex, k *kind[T], name string, tags []SeriesTag) T {
	key, tags := x.resolve(k.fn, name, tags)
	defer x.scope.warnOnce(key) // after mu is released
	if tooBig(name, tags) {
		return overflow(x, k)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if src, ok := findOrRestoreLocked[T](x, k.fn, name, tags); ok {
		return src
	}
	if x.isFullLocked() {
		x.full.Store(true)
		return overflowLocked(x, k)
	}
	return addLocked(x, k, key, name, tags)
}

// resolve returns the key of the series with name and tags in the scope, and
// the tags that find has to look for: one a key, sorted, and without those
// that the index adds.
func (x *sourceIndex) resolve(fn bool, name string, tags []SeriesTag) (key SeriesKey, given []SeriesTag) {
	base := x.scope.base
	if !fn && len(tags) == 0 {
		return SeriesKey{Measurement: name, Tags: base}, nil
	}
	measurement := name
	all := append(make([]SeriesTag, 0, len(tags)+2), tags...)
	all = append(all, base.tags...)
	if fn {
		measurement, all = "function", append(all, SeriesTag{"name", name})
	}
	set := newTagSet(all)
	given = make([]SeriesTag, 0, set.Len())
	for _, tag := range set.tags {
		if tag.Key != "scope" && (!fn || tag.Key != "name") {
			given = append(given, tag)
		}
	}
	return SeriesKey{Measurement: measurement, Tags: set}, given
}

// tooBig reports whether a series exceeds maxTags or maxSeriesBytes.
func tooBig(name string, tags []SeriesTag) bool {
	size := len(name)
	for _, tag := range tags {
		size += len(tag.Key) + len(tag.Val)
	}
	return len(tags) > maxTags || size > maxSeriesBytes
}

// isFullLocked bounds sources by limit, and detached metrics by as many again.
func (x *sourceIndex) isFullLocked() bool {
	limit := int(x.limit.Load())
	return len(x.sources) >= limit || x.entries >= 2*limit
}

func findOrRestoreLocked[T StatSource](x *sourceIndex, fn bool, name string, tags []SeriesTag) (T, bool) {
	if src, ok := find[T](x, fn, name, tags); ok {
		return src, true
	}
	return restoreLocked[T](x, fn, name, tags)
}

// addLocked makes a metric. If a metric of another kind has the series, the
// new one works but is not reported.
func addLocked[T StatSource](x *sourceIndex, k *kind[T], key SeriesKey, name string, tags []SeriesTag) T {
	detached := x.isReportedLocked(k.fn, name, tags)
	src := k.make(x.scope, key)
	x.insertLocked(&indexEntry{hash: hashSeries(name, tags), name: name, tags: key.Tags, src: src, fn: k.fn, detached: detached})
	if detached {
		x.scope.health.conflicts.Add(1)
	} else {
		x.sources = append(x.sources, src)
	}
	return src
}

// isReportedLocked reports whether sources has a metric of any kind with name
// and tags.
func (x *sourceIndex) isReportedLocked(fn bool, name string, tags []SeriesTag) bool {
	hash := hashSeries(name, tags)
	for e := x.first(hash); e != nil; e = e.next.Load() {
		if e.matches(fn, hash, name, tags) && !e.detached && strong(e.src) != nil {
			return true
		}
	}
	return false
}

// overflow returns the metric that all metrics of kind k beyond the limits
// share.
func overflow[T StatSource](x *sourceIndex, k *kind[T]) T {
	tags := overflowTags(k.name)
	if src, ok := find[T](x, k.fn, overflowName, tags[:]); ok {
		x.scope.health.overflows.Add(1)
		return src
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return overflowLocked(x, k)
}

func overflowLocked[T StatSource](x *sourceIndex, k *kind[T]) T {
	x.scope.health.overflows.Add(1)
	given := overflowTags(k.name)
	key, tags := x.resolve(k.fn, overflowName, given[:])
	if src, ok := findOrRestoreLocked[T](x, k.fn, overflowName, tags); ok {
		return src
	}
	return addLocked(x, k, key, overflowName, tags)
}

func overflowTags(kind string) [2]SeriesTag {
	return [...]SeriesTag{{"kind", kind}, {"overflow", "true"}}
}

// setLimit bounds the sources to limit. Those that are there stay.
func (x *sourceIndex) setLimit(limit int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.limit.Store(int64(limit))
	x.full.Store(len(x.sources) >= limit)
}

// reported returns the metrics that a walk reports, in the order they were made.
func (x *sourceIndex) reported() []StatSource {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.sources
}

// first returns the first entry in the bucket of hash.
func (x *sourceIndex) first(hash uint64) *indexEntry {
	b := x.buckets.Load()
	if b == nil {
		return nil
	}
	return bucketOf(*b, hash).Load()
}

func bucketOf(buckets []atomic.Pointer[indexEntry], hash uint64) *atomic.Pointer[indexEntry] {
	return &buckets[hash&uint64(len(buckets)-1)]
}

func (x *sourceIndex) insertLocked(e *indexEntry) {
	b := x.buckets.Load()
	if b == nil || x.entries >= len(*b) {
		b = x.growLocked()
	}
	link(*b, e)
	x.entries++
}

func link(buckets []atomic.Pointer[indexEntry], e *indexEntry) {
	b := bucketOf(buckets, e.hash)
	e.next.Store(b.Load())
	b.Store(e)
}

// growLocked doubles the buckets and moves the entries one by one. A find that
// stands on an entry that moves goes on in the entry's new bucket, to its end,
// and so may miss entries of the old one.
func (x *sourceIndex) growLocked() *[]atomic.Pointer[indexEntry] {
	old := x.buckets.Load()
	if old == nil {
		old = new([]atomic.Pointer[indexEntry])
	}
	grown := make([]atomic.Pointer[indexEntry], max(firstBuckets, 2*len(*old)))
	x.buckets.Store(&grown)
	for i := range *old {
		for e := (*old)[i].Load(); e != nil; {
			next := e.next.Load()
			link(grown, e)
			e = next
		}
	}
	return &grown
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
