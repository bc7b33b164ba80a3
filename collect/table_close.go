package collect

// close releases all numbers. The table must not be used any more. It is one
// pass over the entries, however many there are, and leaves the maps to the
// garbage collector.
func (t *table) close() {
	points := make([]uint32, 0, len(t.byText))
	for _, e := range t.byText {
		points = append(points, e.id)
	}
	series := make([]uint32, 0, len(t.series))
	for _, s := range t.series {
		series = append(series, s.id)
	}
	t.ids.points.releaseAll(points)
	t.ids.series.releaseAll(series)
	t.byText, t.byKey, t.series, t.order, t.next = nil, nil, nil, nil, nil
}

// releaseAll makes many numbers available again.
func (p *idPool) releaseAll(free []uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, free...)
}
