package reporters

import (
	"slices"

	"monkit.example/reporters/ledger"
)

// Quarantine is implemented by reporters and senders that keep the newest lines
// that their server rejected, or that they dropped because of what these are, for a
// person to look at.
type Quarantine interface {
	// RejectedLines returns these lines, oldest first. They are few, and show
	// no credentials.
	RejectedLines() []ledger.RejectedLine
}

var _ Quarantine = (*Pusher)(nil)

// RejectedLines returns the lines that were too long to be sent, for each reason an
// example of points that the encoder has skipped, and the lines that the sender keeps,
// if it is a Quarantine.
func (p *Pusher) RejectedLines() []ledger.RejectedLine {
	all := append(p.long.newest(), p.examples.Newest()...)
	if q, ok := p.out.(Quarantine); ok {
		all = append(all, q.RejectedLines()...)
	}
	slices.SortStableFunc(all, func(a, b ledger.RejectedLine) int { return a.At.Compare(b.At) })
	return all
}
