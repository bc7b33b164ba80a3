package send

import (
	"errors"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/reporters/ledger"
)

// ErrClosed is the error of Send after Close was called.
var ErrClosed error = &ledger.Error{Reason: ledger.Closed, Err: errors.New("send: closed")}

// Error is the error of a delivery that says what to do with the payload. Any
// other error of a Transport means that it is sent again after a backoff.
type Error struct {
	Err error

	kind     kind
	after    time.Duration // of retry: the wait that the peer asked for
	longest  bool          // of retry: wait as long as between any two attempts
	rejected int           // of partial: number of lines
	named    []namedLine   // of split and partial: lines that the peer named
	problem  Problem
}

// A namedLine is a line of the payload that the peer named when it rejected it.
type namedLine struct {
	index int // in the payload, from 0
	// exact means that the peer quoted the line. If it gave a number alone,
	// it may count otherwise, so that another line may be meant.
	exact bool
	why   string // the peer's words
}

// Problem is what a person has to change before a destination takes lines.
type Problem string

// The problems. An empty Problem is none that is known.
const (
	Auth     Problem = "auth"      // user, password or token
	NotFound Problem = "not_found" // a database, bucket or path that does not exist
	Config   Problem = "config"    // the address, or the server's version
)

// Problem returns what a person has to change, or "".
func (e *Error) Problem() Problem { return e.problem }

// A kind is what a Sender does after a failed delivery.
type kind uint8

const (
	retry     kind = iota // send the payload again after a backoff
	ambiguous             // as retry, but the peer may have the payload
	permanent             // drop the payload
	oversize              // drop the payload: it is too large for the transport
	noBuffer              // drop the payload: there is no room for it, as there may be for the next one
	tooLarge              // cut the payload in two, and later ones of its size
	split                 // find the lines that the peer rejects by halving the payload
	partial               // count the payload as delivered except some lines
)

// Error returns the text of Err.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Permanent wraps err: the peer will never accept the payload. It is dropped.
func Permanent(err error) error { return &Error{Err: err, kind: permanent} }

// Oversize wraps err: the payload is too large for the transport. It is
// dropped.
func Oversize(err error) error { return &Error{Err: err, kind: oversize} }

// noRoom wraps err: there was no room for the payload, which is dropped.
func noRoom(err error) error { return &Error{Err: err, kind: noBuffer} }

// Ambiguous wraps err: the peer may have the payload, but did not confirm it.
func Ambiguous(err error) error { return &Error{Err: err, kind: ambiguous} }

// maxRetryAfter bounds the wait that a server can ask for. The payloads in the
// queue grow older while the Sender waits.
const maxRetryAfter = 5 * time.Minute

// RetryAfter wraps err: the peer wants no request for the next d. At most five
// minutes are granted.
func RetryAfter(d time.Duration, err error) error {
	return &Error{Err: err, kind: retry, after: min(max(d, 0), maxRetryAfter)}
}

// Misconfigured wraps err: the peer takes lines once a person has changed
// something. They are kept, and sent again as rarely as possible.
func Misconfigured(p Problem, after time.Duration, err error) error {
	return &Error{Err: err, kind: retry, longest: true, after: min(max(after, 30*time.Second), maxRetryAfter), problem: p}
}

// Split wraps err: the peer stored nothing because it rejects some of the
// lines. The Sender halves the payload until those lines are found.
func Split(err error) error { return &Error{Err: err, kind: split} }

// splitAt is Split for a peer that named some of the lines.
func splitAt(named []namedLine, err error) error { return &Error{Err: err, kind: split, named: named} }

// TooLarge wraps err: the peer accepts smaller payloads only. The Sender halves
// this payload and later ones of its size.
func TooLarge(err error) error { return &Error{Err: err, kind: tooLarge} }

// Partial wraps err: the peer rejected that many lines and stored the others.
func Partial(rejected int, err error) error {
	return &Error{Err: err, kind: partial, rejected: max(rejected, 0)}
}

// partialAt is Partial for a peer that named some of the lines.
func partialAt(named []namedLine, rejected int, err error) error {
	return &Error{Err: err, kind: partial, rejected: max(rejected, 0), named: named}
}

// redactedError is an error whose text shows no credentials: that of a transport may
// quote what a peer said, or a line. All that is logged, or returned to callers, of a
// failure is one.
type redactedError struct{ error }

func (e redactedError) Error() string { return endpoint.RedactText(e.error.Error(), maxRejectedText) }

func (e redactedError) Unwrap() error { return e.error }

// classify returns err as an Error. An error of any other type means retry.
func classify(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Err: err, kind: retry}
}
