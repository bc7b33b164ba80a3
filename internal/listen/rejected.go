package listen

import "monkit.example/reporters/ledger"

// Rejected describes lines that a listener rejected before they reached a decoder,
// for a person to look at. They are counted in the book already.
type Rejected struct {
	Reason ledger.Reason
	// From is the sender: the remote address of its connection. For a unix socket
	// it is the path that the peer is bound to, or "@" if it is bound to none.
	From string
	// Text is the beginning of the first line, of maxExample bytes at most. It is nil
	// where the text is no line or may have secrets in it.
	Text []byte
	// Lines is how many lines were counted by Reason.
	Lines int64
}

// maxExample is how many bytes of a line are kept: enough to know it by.
const maxExample = 200
