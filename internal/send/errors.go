package send

import (
	"errors"
	"time"

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
	rejected int           // of partial: number of lines
}

// A kind is what a Sender does after a failed delivery.
type kind uint8

const (
	retry     kind = iota // send the payload again after a backoff
	ambiguous             // as retry, but the peer may have the payload
	permanent             // drop the payload
	oversize              // drop the payload: it is too large for the transport
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

// Split wraps err: the peer stored nothing because it rejects some of the
// lines. The Sender halves the payload until those lines are found.
func Split(err error) error { return &Error{Err: err, kind: split} }

// TooLarge wraps err: the peer accepts smaller payloads only. The Sender halves
// this payload and later ones of its size.
func TooLarge(err error) error { return &Error{Err: err, kind: tooLarge} }

// Partial wraps err: the peer rejected that many lines and stored the others.
func Partial(rejected int, err error) error {
	return &Error{Err: err, kind: partial, rejected: max(rejected, 0)}
}

// classify returns err as an Error. An error of any other type means retry.
func classify(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Err: err, kind: retry}
}
