package reporters

import "monkit.example/reporters/ledger"

// settleLocked must be deferred. If done is false, an encoder or sender of the
// user has panicked: settleLocked counts the lines as dropped that are left in no
// count, and the panic goes on.
func (p *Pusher) settleLocked(done *bool) {
	if *done {
		return
	}
	if p.lines == 0 {
		p.buf = p.buf[:0] // it was sent, or is of lines that are dropped now
	}
	p.book.Drop(ledger.SendFailed, max(p.ledgerLocked().Unaccounted(), 0))
}
