package aggregate

import (
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// stamped are the points of one batch that have times of their own. All get the field
// "value", so that a destination has room for one value of a name and a time: of two,
// it would keep either.
type stamped struct {
	points []reporters.Point
	places map[stampedName]int // in points
}

// stampedName is a name of appendName, without its role, at a time.
type stampedName struct {
	name string
	time int64
}

// passOnLocked has p passed on, in one point with the earlier ones of its name and time
// in the batch, or returns why it cannot. Counts add up, and a gauge replaces the one
// before. A change of a gauge and a member of a set mean nothing at another time, and
// several samples are no value.
func (a *Aggregate) passOnLocked(in *arrived, p *reporters.Point) ledger.Reason {
	if a.opts.Stamped == nil || p.Kind == reporters.GaugeDelta || p.Kind == reporters.SetMember {
		return ledger.Unsupported
	}
	a.name = appendName(a.name[:0], 0, p.Key)
	if i, found := in.stamped.places[stampedName{string(a.name), p.Time}]; found {
		return join(&in.stamped.points[i], p)
	}
	if in.stamped.places == nil {
		in.stamped.places = make(map[stampedName]int)
	}
	in.stamped.places[stampedName{string(a.name), p.Time}] = len(in.stamped.points)
	passed := *p
	passed.Field = valueField
	in.stamped.points = append(in.stamped.points, passed)
	return ""
}

// join adds p to passed, which has its name and time.
func join(passed, p *reporters.Point) ledger.Reason {
	switch {
	case passed.Kind != p.Kind:
		return ledger.NameCollision
	case p.Kind == reporters.Sample:
		return ledger.Unsupported
	case p.Kind != reporters.CounterDelta:
		passed.Value = p.Value
	case !finite(passed.Value + p.Value):
		return ledger.NotFinite
	default:
		passed.Value += p.Value
	}
	return ""
}
