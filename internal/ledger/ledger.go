// Package ledger is the law of the project as a type: what came in is
// accounted for, line by line, until it is delivered or dropped for a reason.
//
// Everything that carries lines can be asked for a [Ledger]; every test that
// moves a line calls [Ledger.Check] at its end.
package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Ledger counts the lines of one destination. Accepted = Delivered + what is
// in Dropped + Pending holds whenever one is read.
type Ledger struct {
	Accepted  int64            // lines taken over; from here on they are ours
	Delivered int64            // lines the destination has, as far as its transport can know
	Pending   int64            // lines waiting, in memory or on disk
	Dropped   map[string]int64 // lines given up, by reason
}

// Ledgered is what can account for its lines.
type Ledgered interface{ Ledger() Ledger }

// Lost is the sum of Dropped.
func (l Ledger) Lost() int64 {
	var n int64
	for _, d := range l.Dropped {
		n += d
	}
	return n
}

// Unexplained is what the law does not account for: always 0, or it is a bug.
func (l Ledger) Unexplained() int64 { return l.Accepted - l.Delivered - l.Lost() - l.Pending }

// Check returns an error that spells out the ledger if it does not balance.
func (l Ledger) Check() error {
	if n := l.Unexplained(); n != 0 {
		return fmt.Errorf("ledger does not balance: %v, unexplained %d", l, n)
	}
	return nil
}

// Drop counts n lines as given up.
func (l *Ledger) Drop(why string, n int64) { count(&l.Dropped, why, n) }

// count adds n to what m, which may be nil, has of why.
func count(m *map[string]int64, why string, n int64) {
	if n == 0 {
		return
	}
	if *m == nil {
		*m = make(map[string]int64)
	}
	(*m)[why] += n
}

// Clone returns a copy that shares nothing with l.
func (l Ledger) Clone() Ledger {
	l.Dropped = maps.Clone(l.Dropped)
	return l
}

// Add returns the sum of two ledgers.
func (l Ledger) Add(m Ledger) Ledger {
	sum := l.Clone()
	sum.Accepted += m.Accepted
	sum.Delivered += m.Delivered
	sum.Pending += m.Pending
	for why, n := range m.Dropped {
		sum.Drop(why, n)
	}
	return sum
}

// String is "accepted=5 delivered=3 dropped=1 (full=1) pending=1".
func (l Ledger) String() string {
	var why strings.Builder
	for _, k := range slices.Sorted(maps.Keys(l.Dropped)) {
		if l.Dropped[k] != 0 {
			fmt.Fprintf(&why, " %s=%d", k, l.Dropped[k])
		}
	}
	s := fmt.Sprintf("accepted=%d delivered=%d dropped=%d", l.Accepted, l.Delivered, l.Lost())
	if why.Len() > 0 {
		s += " (" + why.String()[1:] + ")"
	}
	return s + fmt.Sprintf(" pending=%d", l.Pending)
}

// Intake counts the lines that came into a listener.
// Received = Accepted + what is in Rejected.
type Intake struct {
	Received int64            // lines seen
	Accepted int64            // lines decoded and handed on
	Rejected map[string]int64 // lines refused, by reason
}

// Reject counts n lines as refused.
func (i *Intake) Reject(why string, n int64) { count(&i.Rejected, why, n) }

// Add returns the sum of two intakes.
func (i Intake) Add(j Intake) Intake {
	sum := Intake{i.Received + j.Received, i.Accepted + j.Accepted, maps.Clone(i.Rejected)}
	for why, n := range j.Rejected {
		sum.Reject(why, n)
	}
	return sum
}

// Check returns an error that spells out the intake if it does not balance.
func (i Intake) Check() error {
	n := i.Received - i.Accepted
	for _, r := range i.Rejected {
		n -= r
	}
	if n != 0 {
		return fmt.Errorf("intake does not balance: received %d, accepted %d, rejected %v, unexplained %d", i.Received, i.Accepted, i.Rejected, n)
	}
	return nil
}
