package monkit

import "testing"

// totalSource is a TotalSource whose IsTotal is a function.
type totalSource struct {
	fixed
	isTotal func(key SeriesKey, field string) (total, known bool)
}

func (s *totalSource) IsTotal(key SeriesKey, field string) (total, known bool) {
	return s.isTotal(key, field)
}

func TestIsTotal(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	s.Counter("c")
	s.DiffMeter("d", s.Meter("a"), s.Meter("b"), SeriesTag{"t", "v"})
	s.Chain(fixed{NewSeriesKey("plain"), 1})
	s.Chain(&totalSource{isTotal: func(SeriesKey, string) (bool, bool) { panic("no idea") }})
	s.Chain(&totalSource{isTotal: func(key SeriesKey, field string) (bool, bool) {
		return field == "bytes", key.Measurement == "mine"
	}})
	for _, tt := range []struct {
		name         string
		key          SeriesKey
		field        string
		total, known bool
	}{
		{"a metric of the scope", NewSeriesKey("c").WithTag("scope", "s"), "value", false, false},
		{"a difference is none", NewSeriesKey("d").WithTag("scope", "s").WithTag("t", "v"), "total", false, true},
		{"a series with other tags", NewSeriesKey("d").WithTag("scope", "s"), "total", false, false},
		{"a total of a chained source", NewSeriesKey("mine").WithTag("scope", "s"), "bytes", true, true},
		{"another field of a chained source", NewSeriesKey("mine").WithTag("scope", "s"), "total", false, true},
		{"a chained source without IsTotal", NewSeriesKey("plain").WithTag("scope", "s"), "f", false, false},
		{"another scope", NewSeriesKey("mine").WithTag("scope", "t"), "bytes", false, false},
		{"no scope", NewSeriesKey("mine"), "bytes", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if total, known := r.IsTotal(tt.key, tt.field); total != tt.total || known != tt.known {
				t.Errorf("IsTotal returns %v, %v; want %v, %v", total, known, tt.total, tt.known)
			}
		})
	}
	health := SeriesKey{Measurement: healthName, Tags: s.base}
	if got := Collect(r)[health.WithField("callback_panics")]; got == 0 {
		t.Errorf("the panic of IsTotal is not counted")
	}
	if total, known := r.IsTotal(health, "callback_panics"); !total || !known {
		t.Errorf("the count of panics is not a total")
	}
}
