package monkit

// StatSource is anything that can tell its current values. It calls cb once
// for each; cb must not be kept. A source that is walked often should make
// its keys once: readers recognise a series by the *TagSet it comes with.
type StatSource interface {
	Stats(cb func(key SeriesKey, field string, val float64))
}

// StatSourceFunc is a function that is a StatSource.
type StatSourceFunc func(cb func(key SeriesKey, field string, val float64))

// Stats calls f.
func (f StatSourceFunc) Stats(cb func(key SeriesKey, field string, val float64)) { f(cb) }

// Collect returns the values of mon by the names that SeriesKey.WithField
// gives them.
func Collect(mon StatSource) map[string]float64 {
	all := make(map[string]float64)
	mon.Stats(func(key SeriesKey, field string, val float64) {
		all[key.WithField(field)] = val
	})
	return all
}
