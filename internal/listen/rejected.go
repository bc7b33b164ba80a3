package listen

import "monkit.example/reporters/ledger"

// Rejected describes lines that a listener rejected before they reached a decoder,
// for a person to look at. They are counted in the book already.
type Rejected struct {
	Reason ledger.Reason
	From   string // the sender, as Sender.String returns it
	// Text is the beginning of the first line, of maxExample bytes at most. It may hold
	// credentials. It is nil where the text is no line.
	Text []byte
	// Lines is how many lines were counted by Reason.
	Lines int64
}

const (
	// maxExample is how many bytes of a line are kept: more than are shown, so that
	// what is cut is no part of a credential that can only be known by its end, such
	// as that of a URL.
	maxExample = 512
	// maxLogged is how many bytes of a request are logged.
	maxLogged = 200
)

// rejected passes lines that were rejected, and counted, on to Options.OnRejected.
func (l *Listener) rejected(reason ledger.Reason, from Sender, text []byte, lines int64) {
	if l.opts.OnRejected != nil && lines > 0 {
		l.opts.OnRejected(Rejected{Reason: reason, From: from.String(), Text: text[:min(len(text), maxExample)], Lines: lines})
	}
}
