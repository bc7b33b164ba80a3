package ledger

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Reason says why a line was rejected by a listener, or dropped for a
// destination. It is the value of the tag reason in series, the key in JSON
// and the word in logs and on pages.
type Reason string

// Reasons why a listener rejects a line.
const (
	// Malformed is a line that is not one of the format's grammar.
	Malformed Reason = "malformed"
	// TooLong is a line longer than the listener reads.
	TooLong Reason = "too_long"
	// Truncated is a line that ended without a line feed because its
	// connection ended, or because the datagram was larger than the reader.
	Truncated Reason = "truncated"
	// RingFull is a line of a datagram for which the buffer between the
	// socket and the decoder had no room.
	RingFull Reason = "ring_full"
	// BuffersFull is a line, or a frame of lines, that arrived in part when other
	// connections, mostly of its host, had used up the memory for such.
	BuffersFull Reason = "buffers_full"
	// HTTPOnLinePort is the first line of a connection that speaks HTTP to a
	// listener of lines. It stands for the whole connection, which is closed.
	HTTPOnLinePort Reason = "http_on_line_port"
	// TLSOnPlainPort is the beginning of a connection that speaks TLS to a
	// listener without. It stands for the whole connection, which is closed.
	TLSOnPlainPort Reason = "tls_on_plain_port"
)

// Reasons why a listener rejects a line, or why it is dropped for a
// destination.
const (
	// NotFinite is a value that is NaN or infinite.
	NotFinite Reason = "not_finite"
	// Unsupported is a kind of line or point that the format has, or that
	// other formats have, and that cannot be read or written here: a statsd
	// set towards Graphite, say.
	Unsupported Reason = "unsupported"
	// Crash is a line that was in memory when the process was killed. The next
	// run counts it, from a book in a file.
	Crash Reason = "crash"
)

// Reasons why a line is dropped for a destination.
const (
	// QueueFull is a line that made room for newer ones.
	QueueFull Reason = "queue_full"
	// Expired is a line that waited longer than it may.
	Expired Reason = "expired"
	// Rejected is a line that the destination answered it will never take.
	Rejected Reason = "rejected"
	// Oversize is a line that is longer than a payload, a datagram or the
	// queue may be.
	Oversize Reason = "oversize"
	// Ambiguous is a line that may have arrived before its connection broke
	// and that must not arrive twice.
	Ambiguous Reason = "ambiguous"
	// Closed is a line that was not delivered when its sender was closed, or
	// that came after that.
	Closed Reason = "closed"
	// SendFailed is a line that a sender, or the client behind it, did not
	// take and returned an error for that names no other reason, or panicked.
	SendFailed Reason = "send_failed"
	// SeriesLimit is a line of a new series, or of a new member of a set, where there
	// are as many as there may be.
	SeriesLimit Reason = "series_limit"
	// NameTooLong is a line of a series whose name is longer than is kept.
	NameTooLong Reason = "name_too_long"
	// TooOld is a line from before the time that is kept.
	TooOld Reason = "too_old"
	// TooNew is a line too far ahead of the clock.
	TooNew Reason = "too_new"
	// SpoolFull is a line on disk that made room for newer ones.
	SpoolFull Reason = "spool_full"
	// DiskError is a line that could not be written to disk, or not be read
	// from it.
	DiskError Reason = "disk_error"
	// Corrupt is a line whose record on disk was damaged.
	Corrupt Reason = "corrupt"
	// NoBuffer is a line of a datagram for which a buffer of this system, or the
	// queue of a receiver on it, had no room within a moment.
	NoBuffer Reason = "no_buffer"
	// NameCollision is a point whose name, as the format writes it, is that of
	// another series.
	NameCollision Reason = "name_collision"
)

// Counts has a number of lines for each reason.
type Counts map[Reason]int64

// Sum returns the number of lines of all reasons.
func (c Counts) Sum() int64 {
	var sum int64
	for _, n := range c {
		sum += n
	}
	return sum
}

// Count adds n lines to reason. It makes the map if there is none, and leaves
// it alone if n is zero.
func (c *Counts) Count(reason Reason, n int64) {
	if n == 0 {
		return
	}
	if *c == nil {
		*c = make(Counts)
	}
	(*c)[reason] += n
}

// Reasons returns the reasons that have lines, sorted.
func (c Counts) Reasons() []Reason {
	var all []Reason
	for _, r := range slices.Sorted(maps.Keys(c)) {
		if c[r] != 0 {
			all = append(all, r)
		}
	}
	return all
}

// String is "expired=1,queue_full=2", sorted, or "" if there are no lines.
// Logs, pages and texts all print reasons so.
func (c Counts) String() string {
	var b strings.Builder
	for _, r := range c.Reasons() {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s=%d", r, c[r])
	}
	return b.String()
}

// parenthesized is "(expired=1)", which follows a sum, or "".
func (c Counts) parenthesized() string {
	if s := c.String(); s != "" {
		return "(" + s + ")"
	}
	return ""
}

// add returns the sum of two counts, in memory of its own.
func (c Counts) add(d Counts) Counts {
	sum := maps.Clone(c)
	for r, n := range d {
		sum.Count(r, n)
	}
	return sum
}

// An Error is an error that names the Reason by which its lines are to be
// counted. A Sender returns one, or wraps one, to have the lines that it did
// not take counted by that reason instead of [SendFailed].
type Error struct {
	Reason Reason
	Err    error
}

// Error returns the text of Err.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// ReasonOf returns the reason that err names, and SendFailed if it names none.
func ReasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return SendFailed
}
