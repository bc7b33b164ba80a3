package listen

import "monkit.example/reporters/ledger"

// Rejected is lines that a listener rejected before they were taken.
type Rejected struct {
	Reason ledger.Reason
	From   string // the sender, as Sender.String returns it
	Text   []byte // what is known of the line; it is borrowed
	Lines  int64  // how many were counted
}

// rejected passes lines that were rejected, and counted, on to Options.OnRejected.
func (l *Listener) rejected(reason ledger.Reason, from Sender, text []byte, lines int64) {
	if l.opts.OnRejected != nil && lines > 0 {
		l.opts.OnRejected(Rejected{Reason: reason, From: from.String(), Text: text, Lines: lines})
	}
}
