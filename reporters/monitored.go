package reporters

import "monkit.example/reporters/ledger"

// Monitored is implemented by reporters and senders that know how their destination
// is: whether it works and since when, what waits, how long deliveries take.
type Monitored interface {
	// SenderStats returns what is known now. It reports false if nothing is,
	// since there is no sender behind it that is a Monitored.
	SenderStats() (stats ledger.SenderStats, ok bool)
}

var _ Monitored = (*Pusher)(nil)

// SenderStats returns the numbers of the sender, if it is a Monitored, with the
// Pusher's own Ledger.
func (p *Pusher) SenderStats() (stats ledger.SenderStats, ok bool) {
	s, ok := p.out.(Monitored)
	if !ok {
		return stats, false
	}
	if stats, ok = s.SenderStats(); ok {
		stats.Ledger = p.Ledger()
	}
	return stats, ok
}
