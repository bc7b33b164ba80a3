package reporters

import "monkit.example/reporters/ledger"

// settleLocked must be deferred. If done is false, an encoder or sender of the
// user has panicked: settleLocked counts the lines as dropped that are left in no
// count, and the panic goes on.
func (p *Pusher) settleLocked(done *bool) {
	if *done {
		return
	}
	switch {
	case p.lines == 0:
		p.buf = p.buf[:0] // it was sent, or is of lines that are dropped now
	case p.begun > 0:
		p.buf = p.buf[:min(p.begun-1, len(p.buf))] // the text behind is of lines that are dropped now
	}
	p.begun, p.held = 0, 0
	p.newCollisionsLocked() // those of the run that panicked count as its other points
	p.book.Drop(ledger.SendFailed, max(p.ledgerLocked().Unaccounted(), 0))
}
