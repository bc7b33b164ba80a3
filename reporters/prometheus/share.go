package prometheus

import (
	"math"

	"monkit.example/reporters"
)

// share is the sum of the counters that become one sample. It grows by what they grow,
// so that it does not fall when one of them restarts or is gone: a server would take it
// for a restart of all. It exists as long as one of them does.
type share struct {
	part  part
	total float64
}

// isAdded reports whether values of p are added up: of a summary all but its quantiles.
func (p part) isAdded() bool { return p == counter || p == sum || p == count }

// shareOf returns the share of a row that has the line and is the part p, or nil if it has
// none. first is the first row of that line, or nil if this is it.
func (e *Encoder) shareOf(line string, p part, first *row) *share {
	if !p.isAdded() {
		return nil
	}
	s := e.shares[line]
	if first != nil {
		if first.share == nil && e.cells[first.index].part == p {
			first.share = &share{part: p}
		}
		s = first.share
	}
	if s == nil || s.part != p {
		return nil
	}
	return s
}

// add adds by how much the value of n grew since it was added last.
func (s *share) add(n *entry, value float64) {
	if n.share != s {
		n.share, n.added = s, 0
	}
	if s.part == sum {
		s.total += value - n.added
	} else {
		s.total += reporters.Growth(n.added, value)
	}
	n.added = value
}

// addUp adds the values of the row i and of those behind it that have its share, and
// returns the sum. Values that are not finite are no part of it, unless the row i has the
// only one.
func (e *Encoder) addUp(i int) float64 {
	s, finite := e.rows[i].share, false
	for j := i; j < len(e.rows) && (j == i || e.rows[j].repeat); j++ {
		at := e.rows[j].index
		if c := &e.cells[at]; e.rows[j].share == s && c.batch == e.batch && reporters.Finite(c.value) {
			s.add(e.entries[at], c.value)
			finite = true
		}
	}
	if !finite {
		return e.cells[e.rows[i].index].value
	}
	return max(min(s.total, math.MaxFloat64), -math.MaxFloat64)
}
