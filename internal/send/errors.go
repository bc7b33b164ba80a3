package send

import (
	"errors"
	"fmt"
	"time"

	"monkit.example/reporters/ledger"
)

// A kind is what the Sender does about a failed delivery.
type kind uint8

const (
	retry     kind = iota // try again after backoff
	ambiguous             // as retry, but the peer may have the payload
	permanent             // drop the payload
	oversize              // drop the payload, it is too large for the transport
	tooLarge              // cut the payload in two, and later ones of its size
	split                 // one of the lines is at fault: find it by halving
	partial               // the peer has stored all but some lines
)

// Error is a failed delivery that says what to do about it. Any other error
// of a Transport means: try again after backoff.
type Error struct {
	Err error

	kind     kind
	after    time.Duration
	rejected int
}

func (e *Error) Error() string { return e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// Permanent wraps err: the payload will never be taken, drop it.
func Permanent(err error) error { return &Error{Err: err, kind: permanent} }

// Oversize wraps err: the payload is too large for the transport, drop it.
func Oversize(err error) error { return &Error{Err: err, kind: oversize} }

// Ambiguous wraps err: the peer may have the payload, but did not say so.
func Ambiguous(err error) error { return &Error{Err: err, kind: ambiguous} }

// RetryAfter wraps err: the peer wants nothing more for d, which counts up to
// five minutes.
func RetryAfter(d time.Duration, err error) error {
	return &Error{Err: err, kind: retry, after: min(max(d, 0), maxRetryAfter)}
}

// Split wraps err: nothing was stored because of some lines. The Sender halves
// the payload until those are alone.
func Split(err error) error { return &Error{Err: err, kind: split} }

// TooLarge wraps err: the peer takes smaller payloads only. The Sender halves
// this and later ones.
func TooLarge(err error) error { return &Error{Err: err, kind: tooLarge} }

// Partial wraps err: rejected lines were refused, the rest was stored.
func Partial(rejected int, err error) error {
	return &Error{Err: err, kind: partial, rejected: max(rejected, 0)}
}

// A server that asks for more is not believed: the age of what waits counts.
const maxRetryAfter = 5 * time.Minute

// ErrClosed is what Send returns once Close has begun.
var ErrClosed error = &ledger.Error{Reason: ledger.Closed, Err: errors.New("send: closed")}

// classify returns what err says to do; a plain error is a retry.
func classify(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Err: err, kind: retry}
}

// pendingError is what Flush and Close return when ctx ends first.
func pendingError(name string, lines int64, what string, ctxErr, last error) error {
	if last == nil {
		return fmt.Errorf("send to %s: %d lines %s: %w", name, lines, what, ctxErr)
	}
	return fmt.Errorf("send to %s: %d lines %s: %w (last failure: %w)", name, lines, what, ctxErr, last)
}
