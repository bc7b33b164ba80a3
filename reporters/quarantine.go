package reporters

import (
	"slices"

	"monkit.example/reporters/ledger"
)

// Quarantine is implemented by reporters and senders that keep the newest lines
// that their server rejected, or that were too long for it, for a person to look at.
type Quarantine interface {
	// RejectedLines returns these lines, oldest first. They are few, and show
	// no credentials.
	RejectedLines() []ledger.RejectedLine
}

var _ Quarantine = (*Pusher)(nil)

// RejectedLines returns the lines that were too long to be sent, and those that the
// sender keeps, if it is a Quarantine.
func (p *Pusher) RejectedLines() []ledger.RejectedLine {
	all := p.long.newest()
	if q, ok := p.out.(Quarantine); ok {
		all = append(all, q.RejectedLines()...)
		slices.SortStableFunc(all, func(a, b ledger.RejectedLine) int { return a.At.Compare(b.At) })
	}
	return all
}
