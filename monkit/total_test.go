package monkit

import "testing"

// knowing is a source that says what it was told to.
type knowing struct {
	fixed
	ask func(key SeriesKey, field string) (total, known bool)
}

func (k *knowing) IsTotal(key SeriesKey, field string) (total, known bool) { return k.ask(key, field) }

func TestIsTotal(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	s.Counter("c")
	s.DiffMeter("d", s.Meter("a"), s.Meter("b"), SeriesTag{"t", "v"})
	s.Chain(fixed{NewSeriesKey("silent"), 1})
	s.Chain(&knowing{ask: func(SeriesKey, string) (bool, bool) { panic("no idea") }})
	s.Chain(&knowing{ask: func(key SeriesKey, field string) (bool, bool) {
		return field == "bytes", key.Measurement == "mine"
	}})
	for _, tt := range []struct {
		name         string
		key          SeriesKey
		field        string
		total, known bool
	}{
		{"a source that goes by names", NewSeriesKey("c").WithTag("scope", "s"), "value", false, false},
		{"a difference", NewSeriesKey("d").WithTag("scope", "s").WithTag("t", "v"), "total", false, true},
		{"other tags", NewSeriesKey("d").WithTag("scope", "s"), "total", false, false},
		{"chained, a total", NewSeriesKey("mine").WithTag("scope", "s"), "bytes", true, true},
		{"chained, a level", NewSeriesKey("mine").WithTag("scope", "s"), "total", false, true},
		{"chained, silent", NewSeriesKey("silent").WithTag("scope", "s"), "f", false, false},
		{"another scope", NewSeriesKey("mine").WithTag("scope", "t"), "bytes", false, false},
		{"no scope", NewSeriesKey("mine"), "bytes", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if total, known := r.IsTotal(tt.key, tt.field); total != tt.total || known != tt.known {
				t.Errorf("IsTotal says %v, %v; want %v, %v", total, known, tt.total, tt.known)
			}
		})
	}
	health := SeriesKey{Measurement: healthName, Tags: s.base}
	if got := Collect(r)[health.WithField("callback_panics")]; got == 0 {
		t.Errorf("the panic is not counted")
	}
	if total, known := r.IsTotal(health, "callback_panics"); !total || !known {
		t.Errorf("panics are not known to count up")
	}
}
