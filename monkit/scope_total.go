package monkit

// IsTotal returns the answer of the scope that the key's tag scope names.
func (r *Registry) IsTotal(key SeriesKey, field string) (total, known bool) {
	r.core.mu.RLock()
	s := r.core.scopes[key.Tags.Get("scope")]
	r.core.mu.RUnlock()
	if s == nil {
		return false, false
	}
	return s.IsTotal(key, field)
}

// IsTotal returns the answer of the scope's metric with that key, or else of
// the first chained source that knows. A source whose IsTotal panics does not
// know. The scope's own counts of what went wrong are totals.
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
			if total, known = s.ask(c, src, key, field); known {
				break
			}
		}
	}
	return total, known
}

// ask calls IsTotal of src, the source of c, which may be user code: it counts a
// panic.
func (s *Scope) ask(c *chain, src TotalSource, key SeriesKey, field string) (total, known bool) {
	c.inside.Add(1)
	defer func() {
		c.inside.Add(-1)
		if recover() != nil {
			s.health.panics.Add(1)
			total, known = false, false
		}
	}()
	return src.IsTotal(key, field)
}
