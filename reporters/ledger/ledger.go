// Package ledger accounts for lines: what a listener received is accepted or
// rejected, and what a destination accepted is delivered, dropped or pending.
//
//	received = accepted + rejected{reason} + pending   Listener
//	accepted = delivered + dropped{reason} + pending   Ledger
//
// Both equations hold whenever one is read. What is pending at a listener waits
// to be decoded. Whatever carries lines is a [Keeper]; every test that moves a
// line calls [Ledger.Check] at its end.
//
// Where several goroutines count, a [Book] counts for a destination and a
// [ListenerBook] for a listener, without locks. A book can be kept in a file,
// and then survives a process that is killed: the next run goes on with its
// counts, and counts what was in memory as dropped or rejected by [Crash].
//
//	book, err := ledger.OpenBook("/var/spool/x/book", "graphite+tcp://carbon:2003")
//	if err != nil {
//		log.Warn("counting", "err", err) // in memory, or from zero; book works
//	}
//	again, lost := book.Settle(linesInSpool)
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

	// Recalled is how many lines were counted as delivered, and then as
	// pending again, since their connection failed before the peer can have
	// read them. The destination may get these twice. It is no part of the
	// balance.
	Recalled int64
}

// Keeper is implemented by reporters and senders that account for their lines.
type Keeper interface{ Ledger() Ledger }

// Unaccounted returns how many accepted lines are neither delivered, dropped
// nor pending. Any number but 0 is a bug.
func (l Ledger) Unaccounted() int64 { return l.Accepted - l.Delivered - l.Dropped.Sum() - l.Pending }

// Check returns an error that prints the ledger if it does not balance, or if
// a number is negative: then a line was counted as two things.
func (l Ledger) Check() error {
	if n := l.Unaccounted(); n != 0 || min(l.Accepted, l.Delivered, l.Pending, l.Recalled) < 0 {
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
		Recalled:  l.Recalled + m.Recalled,
	}
}

// String is "accepted=5 delivered=3 dropped=1(queue_full=1) pending=1", and
// " recalled=2" behind it if lines were recalled.
func (l Ledger) String() string {
	return fmt.Sprintf("accepted=%d delivered=%d dropped=%d%s pending=%d%s",
		l.Accepted, l.Delivered, l.Dropped.Sum(), l.Dropped.parenthesized(), l.Pending, unlessZero("recalled", l.Recalled))
}

// unlessZero is " name=1", or "" if n is zero.
func unlessZero(name string, n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" %s=%d", name, n)
}

// Listener counts the lines that came in at one listener.
type Listener struct {
	Received int64  // lines that came in: Accepted + Rejected + Pending
	Accepted int64  // lines that parsed and were passed on
	Rejected Counts // lines that were not, by reason
	Pending  int64  // lines that wait to be decoded
}

// Reject counts n lines as rejected.
func (l *Listener) Reject(reason Reason, n int64) { l.Rejected.Count(reason, n) }

// Add returns the sum of two listeners. Both stay as they are.
func (l Listener) Add(m Listener) Listener {
	return Listener{
		Received: l.Received + m.Received,
		Accepted: l.Accepted + m.Accepted,
		Rejected: l.Rejected.add(m.Rejected),
		Pending:  l.Pending + m.Pending,
	}
}

// Check returns an error that prints the counts if they do not balance, or if
// a number is negative: then a line was counted as two things.
func (l Listener) Check() error {
	n := l.Received - l.Accepted - l.Rejected.Sum() - l.Pending
	if n != 0 || min(l.Received, l.Accepted, l.Pending) < 0 {
		return fmt.Errorf("listener does not balance: %v unaccounted=%d", l, n)
	}
	return nil
}

// String is "received=5 accepted=4 rejected=1(malformed=1)", and " pending=1"
// behind it if lines wait.
func (l Listener) String() string {
	return fmt.Sprintf("received=%d accepted=%d rejected=%d%s%s",
		l.Received, l.Accepted, l.Rejected.Sum(), l.Rejected.parenthesized(), unlessZero("pending", l.Pending))
}
