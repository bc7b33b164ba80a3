package monkit

// IsTotal asks the key's scope.
func (r *Registry) IsTotal(key SeriesKey, field string) (total, known bool) {
	r.core.mu.RLock()
	s := r.core.scopes[key.Tags.Get("scope")]
	r.core.mu.RUnlock()
	if s == nil {
		return false, false
	}
	return s.IsTotal(key, field)
}

// IsTotal knows the scope's counts of what went wrong. For others it asks the
// scope's own source of that series, or else the chained
// ones in turn. One that panics does not know.
func (s *Scope) IsTotal(key SeriesKey, field string) (total, known bool) {
	if key.Measurement == healthName {
		return true, true
	}
	_, tags := s.index.resolve(false, key.Measurement, key.Tags.list())
	if src, ok := find[TotalSource](&s.index, false, key.Measurement, tags); ok {
		return src.IsTotal(key, field)
	}
	for _, c := range s.chained() {
		if src, ok := c.src.(TotalSource); ok {
			if total, known = s.ask(src, key, field); known {
				break
			}
		}
	}
	return total, known
}

// ask calls code that is not ours.
func (s *Scope) ask(src TotalSource, key SeriesKey, field string) (total, known bool) {
	defer func() {
		if recover() != nil {
			s.health.panics.Add(1)
			total, known = false, false
		}
	}()
	return src.IsTotal(key, field)
}
