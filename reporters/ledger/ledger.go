// Package ledger accounts for lines: what a listener received is accepted or
// rejected, and what a destination accepted is delivered, dropped or pending.
//
//	received = accepted + rejected{reason}             Listener
//	accepted = delivered + dropped{reason} + pending   Ledger
//
// Both equations hold whenever one is read. Whatever carries lines is a
// [Keeper]; every test that moves a line calls [Ledger.Check] at its end.
//
// The reasons are one list, [Reason]. The same words are in series (the tag
// reason), in logs, on pages and in JSON.
package ledger

import "fmt"

// Ledger counts the lines of one destination. The unit is a line received
// from a network, or a point of a collector.
type Ledger struct {
	Accepted  int64  // lines taken over: Delivered + Dropped + Pending
	Delivered int64  // lines the destination has, as far as the transport can know
	Pending   int64  // lines that wait, in memory or on disk
	Dropped   Counts // lines given up, by reason
}

// Keeper is implemented by reporters and senders that account for their lines.
type Keeper interface{ Ledger() Ledger }

// Unaccounted returns how many accepted lines are neither delivered, dropped
// nor pending. Any number but 0 is a bug.
func (l Ledger) Unaccounted() int64 { return l.Accepted - l.Delivered - l.Dropped.Sum() - l.Pending }

// Check returns an error that prints the ledger if it does not balance.
func (l Ledger) Check() error {
	if n := l.Unaccounted(); n != 0 {
		return fmt.Errorf("ledger does not balance: %v unaccounted=%d", l, n)
	}
	return nil
}

// Drop counts n lines as given up.
func (l *Ledger) Drop(reason Reason, n int64) { l.Dropped.Count(reason, n) }

// Clone returns a copy that shares no memory with l.
func (l Ledger) Clone() Ledger { return l.Add(Ledger{}) }

// Add returns the sum of two ledgers. Both stay as they are.
func (l Ledger) Add(m Ledger) Ledger {
	return Ledger{
		Accepted:  l.Accepted + m.Accepted,
		Delivered: l.Delivered + m.Delivered,
		Pending:   l.Pending + m.Pending,
		Dropped:   l.Dropped.add(m.Dropped),
	}
}

// String is "accepted=5 delivered=3 dropped=1(queue_full=1) pending=1".
func (l Ledger) String() string {
	return fmt.Sprintf("accepted=%d delivered=%d dropped=%d%s pending=%d",
		l.Accepted, l.Delivered, l.Dropped.Sum(), l.Dropped.parenthesized(), l.Pending)
}

// Listener counts the lines that came in at one listener.
type Listener struct {
	Received int64  // lines that came in: Accepted + Rejected
	Accepted int64  // lines that parsed and were passed on
	Rejected Counts // lines that were not, by reason
}

// Reject counts n lines as rejected.
func (l *Listener) Reject(reason Reason, n int64) { l.Rejected.Count(reason, n) }

// Add returns the sum of two listeners. Both stay as they are.
func (l Listener) Add(m Listener) Listener {
	return Listener{
		Received: l.Received + m.Received,
		Accepted: l.Accepted + m.Accepted,
		Rejected: l.Rejected.add(m.Rejected),
	}
}

// Check returns an error that prints the counts if they do not balance.
func (l Listener) Check() error {
	if n := l.Received - l.Accepted - l.Rejected.Sum(); n != 0 {
		return fmt.Errorf("listener does not balance: %v unaccounted=%d", l, n)
	}
	return nil
}

// String is "received=5 accepted=4 rejected=1(malformed=1)".
func (l Listener) String() string {
	return fmt.Sprintf("received=%d accepted=%d rejected=%d%s",
		l.Received, l.Accepted, l.Rejected.Sum(), l.Rejected.parenthesized())
}
