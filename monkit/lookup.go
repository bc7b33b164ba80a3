package monkit

// maxSources is how many sources a scope keeps. Those made beyond share one
// source of their kind, measurement overflow with the tag overflow=true.
const maxSources = 10_000

// A series may have so many tags, and so many bytes in its name and tags; those
// beyond are as those beyond the limit of sources.
const (
	maxTags        = 60
	maxSeriesBytes = 4 << 10
)

const overflowName = "overflow"

// tooBig reports whether a series is beyond what one may take.
func tooBig(name string, tags []SeriesTag) bool {
	size := len(name)
	for i := range tags {
		size += len(tags[i].Key) + len(tags[i].Val)
	}
	return len(tags) > maxTags || size > maxSeriesBytes
}

// kind is one sort of source that a scope makes and finds again.
type kind[T StatSource] struct {
	name string
	make func(s *Scope, key SeriesKey) T
	fn   bool // the name is a function's, not a measurement
}

// own is how many tags a series of the kind has beside those its user gave.
func (k *kind[T]) own() uint8 {
	if k.fn {
		return 2 // scope, name
	}
	return 1 // scope
}

// lookup returns the source of kind k with name and tags, made at the first
// call. Tags in another order are the same source.
func lookup[T StatSource](s *Scope, k *kind[T], name string, tags []SeriesTag) T {
	if src, ok := find[T](&s.table, k.own(), hashSeries(name, tags), name, tags); ok {
		return src
	}
	if s.full.Load() {
		return overflow(s, k)
	}
	return create(s, k, name, tags)
}

// create makes the source, unless the tags, once duplicates and the scope's
// own are out, turn out to be those of one that is there.
func create[T StatSource](s *Scope, k *kind[T], name string, tags []SeriesTag) T {
	key, tags := s.seriesOf(k.fn, name, tags)
	hash := hashSeries(name, tags)
	defer s.warnOnce(key)
	if tooBig(name, tags) {
		return overflow(s, k)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if src, ok := find[T](&s.table, k.own(), hash, name, tags); ok {
		return src
	}
	if src, ok := revive[T](s, k.own(), hash, name, tags); ok {
		return src
	}
	if len(s.sources) >= s.limit || s.table.n >= 2*s.limit {
		s.full.Store(true)
		return overflowLocked(s, k)
	}
	detached := s.table.taken(k.own(), hash, name, tags)
	src := k.make(s, key)
	s.table.add(&entry{hash: hash, name: name, tags: key.Tags, src: src, own: k.own(), detached: detached})
	if detached { // it works for who holds it, but cannot share the series
		s.health.conflicts.Add(1)
		return src
	}
	s.sources = append(s.sources, src)
	return src
}

// overflow returns the source of kind k that stands for all beyond the limit.
func overflow[T StatSource](s *Scope, k *kind[T]) T {
	tags := [...]SeriesTag{{"kind", k.name}, {"overflow", "true"}}
	if src, ok := find[T](&s.table, k.own(), hashSeries(overflowName, tags[:]), overflowName, tags[:]); ok {
		s.health.overflows.Add(1)
		return src
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return overflowLocked(s, k)
}

func overflowLocked[T StatSource](s *Scope, k *kind[T]) T {
	s.health.overflows.Add(1)
	key, tags := s.seriesOf(k.fn, overflowName, []SeriesTag{{"kind", k.name}, {"overflow", "true"}})
	hash := hashSeries(overflowName, tags)
	if src, ok := find[T](&s.table, k.own(), hash, overflowName, tags); ok {
		return src
	}
	if src, ok := revive[T](s, k.own(), hash, overflowName, tags); ok {
		return src
	}
	src := k.make(s, key)
	s.table.add(&entry{hash: hash, name: overflowName, tags: key.Tags, src: src, own: k.own()})
	s.sources = append(s.sources, src)
	return src
}

// seriesOf returns the whole key of a series in the scope, and the tags that
// set it apart in there: sorted, one a key, none of the scope's own.
func (s *Scope) seriesOf(fn bool, name string, tags []SeriesTag) (SeriesKey, []SeriesTag) {
	if !fn && len(tags) == 0 {
		return SeriesKey{Measurement: name, Tags: s.base}, nil
	}
	measurement := name
	all := append(make([]SeriesTag, 0, len(tags)+2), tags...)
	all = append(all, SeriesTag{"scope", s.name})
	if fn {
		measurement, all = "function", append(all, SeriesTag{"name", name})
	}
	set := newTagSet(all)
	apart := make([]SeriesTag, 0, set.Len())
	for _, tag := range set.tags {
		if tag.Key != "scope" && (!fn || tag.Key != "name") {
			apart = append(apart, tag)
		}
	}
	return SeriesKey{Measurement: measurement, Tags: set}, apart
}
