package recent

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// Series is one field of a series, as it was when it was read.
type Series struct {
	// Name is the canonical text of series and field.
	Name  string
	Key   monkit.SeriesKey
	Field string // may be empty for a series that was received
	Kind  reporters.Kind
	Last  Sample

	store *Store
	e     *series
}

// AppendSamples appends the samples that the store has now, oldest first.
func (s Series) AppendSamples(dst []Sample) []Sample {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	return s.e.ring.appendTo(dst)
}

// Series returns the series for whose names match returns true, sorted by name.
// A nil match means all. match and the body of the loop run outside the store's
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

// view reports false for a series that was deleted.
func (s *Store) view(e *series) (Series, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.ring.n == 0 {
		return Series{}, false
	}
	return Series{Name: e.name, Key: e.key, Field: e.field, Kind: e.kind, Last: e.ring.newest(), store: s, e: e}, true
}

// Match returns a match for Series. It returns true for names that contain
// every word of query, ignoring case, and none of the words that have a minus
// before them. An empty query matches all names.
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

// AppendRates appends the growth per second between each two samples of a
// counter, one sample less than samples. A counter that shrank was restarted.
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

// Stats emits how full the store is, how many points or lines it has kept, and
// how many it has dropped by reason.
func (s *Store) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	u := s.usage()
	cb(s.key, "series", u.series)
	cb(s.key, "series_limit", float64(s.opts.MaxSeries))
	cb(s.key, "series_expired", u.expired)
	cb(s.key, "samples", u.samples)
	cb(s.key, "sample_bytes", u.bytes)
	cb(s.key, "delivered", u.delivered)
	for i, reason := range reasons {
		cb(reasonKeys[i], "dropped", float64(u.dropped[reason]))
	}
}

// IsTotal reports that lines and expired series are counted, and that the rest
// is how full the store is.
func (s *Store) IsTotal(key monkit.SeriesKey, field string) (total, known bool) {
	if key.Measurement != measurement {
		return false, false
	}
	return field == "delivered" || field == "dropped" || field == "series_expired", true
}

// usage is what Stats reads under the lock.
type usage struct {
	series, expired, samples, bytes, delivered float64

	dropped ledger.Counts
}

func (s *Store) usage() usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := usage{
		series:    float64(len(s.byText)),
		expired:   float64(s.expired),
		delivered: float64(s.counts.Delivered),
		dropped:   maps.Clone(s.counts.Dropped),
	}
	for _, e := range s.byText {
		u.samples += float64(e.ring.n)
		u.bytes += float64(16 * len(e.ring.slots))
	}
	return u
}
