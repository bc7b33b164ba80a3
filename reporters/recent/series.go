package recent

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// Series is one series as it was when it was read.
type Series struct {
	// Name is the canonical text of the series and its field.
	Name  string
	Key   monkit.SeriesKey
	Field string // may be empty for what came from the wire
	Kind  reporters.Kind
	Last  Sample

	store *Store
	e     *series
}

// AppendSamples appends what the store has of the series now, oldest first.
func (s Series) AppendSamples(dst []Sample) []Sample {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	return s.e.ring.appendTo(dst)
}

// Series returns the series whose name match holds for, sorted by name; a nil
// match holds for all. match and the loop's body run outside of the store's
// lock.
func (s *Store) Series(match func(name string) bool) iter.Seq[Series] {
	return func(yield func(Series) bool) {
		for _, e := range s.list() {
			if match != nil && !match(e.name) {
				continue
			}
			if view, ok := s.view(e); ok && !yield(view) {
				return
			}
		}
	}
}

// list returns all series sorted by name. The slice is never changed.
func (s *Store) list() []*series {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sorted == nil {
		s.sorted = make([]*series, 0, len(s.byText))
		for _, e := range s.byText {
			s.sorted = append(s.sorted, e)
		}
		slices.SortFunc(s.sorted, func(a, b *series) int {
			return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.text, b.text))
		})
	}
	return s.sorted
}

// view reports false for a series that is gone.
func (s *Store) view(e *series) (Series, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.ring.n == 0 {
		return Series{}, false
	}
	return Series{Name: e.name, Key: e.key, Field: e.field, Kind: e.kind, Last: e.ring.newest(), store: s, e: e}, true
}

// Match returns a match for Series that holds for the names which have every
// word of query in them, whatever the case; a word that begins with a minus
// must not be there. An empty query matches all.
func Match(query string) func(name string) bool {
	words := strings.Fields(strings.ToLower(query))
	return func(name string) bool {
		name = strings.ToLower(name)
		for _, word := range words {
			unwanted, isNot := strings.CutPrefix(word, "-")
			if isNot && unwanted == "" {
				continue
			}
			if strings.Contains(name, unwanted) == isNot {
				return false
			}
		}
		return true
	}
}

// AppendRates appends what samples of a total grew by each second, from one
// to the next: one sample less. A total that shrank has started anew.
func AppendRates(dst, samples []Sample) []Sample {
	for i := 1; i < len(samples); i++ {
		from, to := samples[i-1], samples[i]
		grown := to.Value - from.Value
		if grown < 0 {
			grown = to.Value
		}
		seconds := max(to.At.Sub(from.At), time.Nanosecond).Seconds()
		dst = append(dst, Sample{At: to.At, Value: grown / seconds})
	}
	return dst
}

// Stats emits how full the store is and what it could not keep.
func (s *Store) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	n := s.usage()
	cb(s.key, "series", n.series)
	cb(s.key, "series_limit", float64(s.opts.MaxSeries))
	cb(s.key, "series_expired", n.expired)
	cb(s.key, "samples", n.samples)
	cb(s.key, "sample_bytes", n.bytes)
	cb(s.key, "delivered", n.delivered)
	cb(s.key, "dropped", n.dropped)
}

type usage struct{ series, expired, samples, bytes, delivered, dropped float64 }

func (s *Store) usage() usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := usage{
		series:    float64(len(s.byText)),
		expired:   float64(s.expired),
		delivered: float64(s.counts.Delivered),
		dropped:   float64(s.counts.Dropped.Sum()),
	}
	for _, e := range s.byText {
		u.samples += float64(e.ring.n)
		u.bytes += float64(16 * len(e.ring.slots))
	}
	return u
}
