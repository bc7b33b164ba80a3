package reporters

// maxReceivedTotals bounds how many totals Deltas remembers of points that
// were received, which have no number by which to find them.
const maxReceivedTotals = 100_000

// Deltas computes by how much counters grew. Encoders ask it once for each
// point, when they encode it: what a sender sends again after a failure is the
// same bytes.
type Deltas struct {
	series   Memo[float64]
	received map[string]float64 // by name
}

// Next returns by how much the counter of p grew since the last call. A
// counter that shrank was restarted, and grew by its whole value. So did the
// counter of a series of this process that is seen for the first time. The
// first value of a counter that was received only sets where it stands, since
// it may have counted for any time; name identifies such a series.
func (d *Deltas) Next(p *Point, name []byte) float64 {
	if last, _ := d.series.Field(p); last != nil {
		delta := Growth(*last, p.Value)
		*last = p.Value
		return delta
	}
	last, seen := d.received[string(name)]
	if !seen {
		if d.received == nil || len(d.received) >= maxReceivedTotals {
			d.received = make(map[string]float64)
		}
		last = p.Value
	}
	d.received[string(name)] = p.Value
	return Growth(last, p.Value)
}

// Growth returns by how much a counter grew from last to now. One that shrank was
// restarted, and grew by its whole value.
func Growth(last, now float64) float64 {
	if now < last {
		return now
	}
	return now - last
}
