package monkit

// The metrics that programs use less often. scope.go has the others.

var rawVals = kind[*RawVal]{name: "raw", make: func(s *Scope, key SeriesKey) *RawVal {
	return newRawVal(&s.health, key, nil)
}}

var structVals = kind[*StructVal]{name: "struct", make: func(_ *Scope, key SeriesKey) *StructVal { return NewStructVal(key) }}

// RawVal returns the RawVal called name, without aggregations.
func (s *Scope) RawVal(name string, tags ...SeriesTag) *RawVal {
	return lookup(s, &rawVals, name, tags)
}

// RawValk returns the RawVal with the series key. It ignores aggregations if
// that exists already.
func (s *Scope) RawValk(key SeriesKey, aggregations ...Aggregate) *RawVal {
	name, tags := key.Measurement, key.Tags.list()
	if v, ok := find[*RawVal](&s.index, rawVals.fn, name, tags); ok {
		return v
	}
	v := newRawVal(&s.health, key, aggregations) // runs user code: outside the lock
	return lookup(s, &kind[*RawVal]{name: rawVals.name, make: func(_ *Scope, key SeriesKey) *RawVal {
		v.key = key
		return v
	}}, name, tags)
}

// StructVal returns the StructVal called name.
func (s *Scope) StructVal(name string, tags ...SeriesTag) *StructVal {
	return lookup(s, &structVals, name, tags)
}

// DiffMeter adds the difference m1 - m2 to the scope, called name. If there is
// a DiffMeter of that name, it does nothing.
func (s *Scope) DiffMeter(name string, m1, m2 *Meter, tags ...SeriesTag) {
	lookup(s, &kind[*DiffMeter]{name: "diff", make: func(_ *Scope, key SeriesKey) *DiffMeter {
		return NewDiffMeter(key, m1, m2)
	}}, name, tags)
}
