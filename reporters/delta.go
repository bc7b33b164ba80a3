package reporters

import (
	"hash/maphash"

	"monkit.example/internal/idlemap"
)

// maxReceivedTotals bounds how many totals Deltas remembers of points that a
// listener has received, which have no number by which to find them.
const maxReceivedTotals = 100_000

// Deltas computes by how much counters grew. Encoders ask it once for each
// point, when they encode it: what a sender sends again after a failure is the
// same bytes. The zero Deltas is ready to use.
type Deltas struct {
	series   Memo[float64]
	seed     maphash.Seed
	received *idlemap.Map[float64] // by the hash of the name
}

// Next returns by how much the counter of p grew since the last call. A
// counter that shrank was restarted, and grew by its whole value. So did the
// counter of a series of this process that is seen for the first time. The
// first value of a counter that was received only sets where it stands, since
// it may have counted for any time; name identifies such a series.
//
// ok is false if the growth is not known: there are 100 000 counters of the same
// listener that were used within the hour, and this is another one. The point must
// be counted as ledger.SeriesLimit.
func (d *Deltas) Next(p *Point, name []byte) (growth float64, ok bool) {
	last, _ := d.series.Field(p)
	if last == nil {
		fresh := false
		if last, fresh = d.findReceived(name); last == nil {
			return 0, false
		} else if fresh {
			*last = p.Value
		}
	}
	growth = Growth(*last, p.Value)
	*last = p.Value
	return growth, true
}

// BeginListener says that the points that follow were received by that listener.
// Totals of one listener take no room from those of another.
func (d *Deltas) BeginListener(name string) { d.totals().Use(name) }

func (d *Deltas) findReceived(name []byte) (last *float64, fresh bool) {
	return d.totals().Find(maphash.Bytes(d.seed, name))
}

func (d *Deltas) totals() *idlemap.Map[float64] {
	if d.received == nil {
		d.seed = maphash.MakeSeed()
		d.received = &idlemap.Map[float64]{Max: maxReceivedTotals}
	}
	return d.received
}

// Growth returns by how much a counter grew from last to now. One that shrank was
// restarted, and grew by its whole value.
func Growth(last, now float64) float64 {
	if now < last {
		return now
	}
	return now - last
}
