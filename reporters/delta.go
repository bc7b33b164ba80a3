package reporters

// maxWireTotals bounds how many totals without an identity, which is to say
// from the wire, Deltas remembers.
const maxWireTotals = 100_000

// Deltas turns totals into what was added since they were last seen. It is
// asked once for each point, when the point is encoded: what is sent again
// after a failure is the same bytes.
type Deltas struct {
	series Memo[float64]
	wire   map[string]float64
}

// Next returns what p added. A total that shrank has started anew, and its
// delta is all of it. The first sight of a series of this process is all of
// it too; the first sight of one from the wire only sets where it stands, as
// nobody knows since when it counted. name tells series of the wire apart.
func (d *Deltas) Next(p *Point, name []byte) float64 {
	if last, _ := d.series.Field(p); last != nil {
		delta := added(*last, p.Value)
		*last = p.Value
		return delta
	}
	last, seen := d.wire[string(name)]
	if !seen {
		if d.wire == nil || len(d.wire) >= maxWireTotals {
			d.wire = make(map[string]float64)
		}
		last = p.Value
	}
	d.wire[string(name)] = p.Value
	return added(last, p.Value)
}

func added(last, now float64) float64 {
	if now < last {
		return now
	}
	return now - last
}
