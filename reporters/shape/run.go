package shape

import "monkit.example/reporters"

// run shapes one batch.
type run struct {
	*shaper
	out *reporters.Batch
	at  int64 // Unix nanoseconds

	fates                [fates]int64
	deniedLines, rebuilt int64
}

// addPart adds the points of a part of a batch, and counts them.
func (r *run) addPart(points []reporters.Point) {
	r.counts.points.Add(int64(len(points)))
	r.addPoints(points)
}

func (r *run) addPoints(points []reporters.Point) {
	for i := range points {
		r.add(&points[i])
	}
}

// addLines adds the lines of b of which any point is left. Points that belong to
// no line are not reported, and counted as denied.
func (r *run) addLines(b *reporters.Batch) {
	seen := 0
	for i := range b.Lines {
		seen += r.addLine(&b.Lines[i], b.Points)
	}
	r.fates[denied] += int64(len(b.Points) - seen)
}

// addLine returns how many points the line has.
func (r *run) addLine(l *reporters.Line, points []reporters.Point) int {
	points = points[l.First : l.First+l.N]
	first, same := len(r.out.Points), true
	for i := range points {
		same = r.add(&points[i]) && same
	}
	left := len(r.out.Points) - first
	switch {
	case left == 0 && (len(points) > 0 || r.table.chain.only):
		r.deniedLines++
	case same:
		r.out.AddLine(l.Raw, first)
	default:
		r.rebuilt++
		r.out.AddLine(nil, first)
	}
	return len(points)
}

// add adds p to the batch, unless it is not reported, and reports whether it
// was added as it is.
func (r *run) add(p *reporters.Point) (same bool) {
	e := r.table.find(p)
	value, kind := p.Value, p.Kind
	isDelta := e.delta && kind == reporters.Counter
	if isDelta {
		kind = reporters.CounterDelta
		if reporters.Finite(value) {
			value = r.table.grow(e, p)
		}
	}
	fate := e.fate
	if fate == passed && e.name != nil && !e.claim(r.at) {
		fate = collided
	}
	r.fates[fate]++
	if fate != passed {
		if fate != denied && !e.logged {
			e.logged = true
			r.log.unreported(e, fate)
		}
		return false
	}
	shaped := *p
	shaped.Value, shaped.Kind = value, kind
	if !e.same {
		shaped.Key = e.series.shaped
		if !e.member {
			shaped.Field = e.shaped
		}
	}
	r.out.Points = append(r.out.Points, shaped)
	return e.same && !isDelta
}

// finish counts what became of the points.
func (r *run) finish() {
	c := &r.counts
	for fate, n := range r.fates {
		c.fates[fate].Add(n)
	}
	c.deniedLines.Add(r.deniedLines)
	c.rebuilt.Add(r.rebuilt)
	if n := r.table.received.forgotten; n > 0 {
		r.table.received.forgotten = 0
		r.log.forgotten(n, c.forgotten.Add(n))
	}
}
