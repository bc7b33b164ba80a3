package reporters

import "monkit.example/reporters/ledger"

// Quarantine is implemented by reporters and senders that keep the newest lines
// that their server rejected, for a person to look at.
type Quarantine interface {
	// RejectedLines returns these lines, oldest first. They are few, and show
	// no credentials.
	RejectedLines() []ledger.RejectedLine
}

var _ Quarantine = (*Pusher)(nil)

// RejectedLines returns the lines that the sender keeps, if it is a Quarantine.
func (p *Pusher) RejectedLines() []ledger.RejectedLine {
	if q, ok := p.out.(Quarantine); ok {
		return q.RejectedLines()
	}
	return nil
}
