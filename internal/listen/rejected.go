package listen

import "monkit.example/reporters/ledger"

// Rejected describes lines that a listener rejected before they reached a decoder,
// for a person to look at. They are counted in the book already.
type Rejected struct {
	Reason ledger.Reason
	From   string // the sender, as Sender.String returns it
	// Text is the beginning of the first line, of maxExample bytes at most. It is nil
	// where the text is no line or may have secrets in it.
	Text []byte
	// Lines is how many lines were counted by Reason.
	Lines int64
}

// maxExample is how many bytes of a line are kept: enough to know it by.
const maxExample = 200

// rejected passes lines that were rejected, and counted, on to Options.OnRejected.
func (l *Listener) rejected(reason ledger.Reason, from Sender, text []byte, lines int64) {
	if l.opts.OnRejected != nil && lines > 0 {
		l.opts.OnRejected(Rejected{Reason: reason, From: from.String(), Text: text[:min(len(text), maxExample)], Lines: lines})
	}
}
