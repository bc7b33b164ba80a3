package monkit

// DiffMeter tells how much more one meter counts than another.
type DiffMeter struct {
	key    SeriesKey
	m1, m2 *Meter
}

// NewDiffMeter returns the difference m1 - m2 with the series key. A nil meter
// counts nothing.
func NewDiffMeter(key SeriesKey, m1, m2 *Meter) *DiffMeter {
	return &DiffMeter{key: key, m1: m1, m2: m2}
}

// Stats tells rate and total.
func (m *DiffMeter) Stats(cb func(key SeriesKey, field string, val float64)) {
	now := ticks()
	rate1, total1 := m.m1.read(now)
	rate2, total2 := m.m2.read(now)
	cb(m.key, "rate", rate1-rate2)
	cb(m.key, "total", total1-total2)
}

// IsTotal knows that a difference may fall.
func (m *DiffMeter) IsTotal(SeriesKey, string) (total, known bool) { return false, true }

// DiffMeter makes a source called name of the difference m1 - m2, unless
// there is one.
func (s *Scope) DiffMeter(name string, m1, m2 *Meter, tags ...SeriesTag) {
	lookup(s, &kind[*DiffMeter]{name: "diff", make: func(_ *Scope, key SeriesKey) *DiffMeter {
		return NewDiffMeter(key, m1, m2)
	}}, name, tags)
}
