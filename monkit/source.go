package monkit

// StatSource is anything that has current values: a metric, a Scope, a
// Registry, or a type of the program that Scope.Chain adds to them. Each walk
// of a reporter, a page or package collect calls Stats.
//
// Stats calls cb once for each value, with the series, the name of the field
// and the value. It must not keep cb, and must be safe for concurrent use. The
// same series and field must not come twice in one walk. A source should make
// its keys once rather than at every walk: readers recognise a series by its
// *TagSet.
type StatSource interface {
	Stats(cb func(key SeriesKey, field string, val float64))
}

// StatSourceFunc is a function that is a StatSource.
type StatSourceFunc func(cb func(key SeriesKey, field string, val float64))

// Stats calls f.
func (f StatSourceFunc) Stats(cb func(key SeriesKey, field string, val float64)) { f(cb) }

// TotalSource is a StatSource that reports which of its fields are totals:
// fields that count up since the start of the process. Without it, the name of
// the field decides. Package collect calls IsTotal once for each series that it
// has not seen before. StatsD gets a total as the difference between two
// reports, and every other field as it is.
type TotalSource interface {
	StatSource

	// IsTotal reports whether field of the series key is a total. It returns
	// false for known if the source does not have that series, or if the name of
	// the field decides: total, count, successes, errors, panics and failures are
	// totals. A scope may have added tags to key. IsTotal is called while Stats
	// runs, and so must not wait for a lock that Stats holds.
	IsTotal(key SeriesKey, field string) (total, known bool)
}

// Collect returns the values of mon by the names that SeriesKey.WithField
// returns.
func Collect(mon StatSource) map[string]float64 {
	all := make(map[string]float64)
	mon.Stats(func(key SeriesKey, field string, val float64) {
		all[key.WithField(field)] = val
	})
	return all
}
