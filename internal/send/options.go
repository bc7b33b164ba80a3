package send

import (
	"log/slog"
	"time"

	"monkit.example/internal/safelog"
)

// Options change how a Sender works. The zero value works.
type Options struct {
	// Name is the destination in statistics, logs and errors. It must contain
	// no credentials; use the result of endpoint.Endpoint.Destination.
	Name string
	// MaxBytes is how many bytes may wait. Zero means 32 MiB.
	MaxBytes int
	// MaxAge is how long lines may wait. Zero means ten minutes, or a year with
	// a Spool. With AtMostOnce it is never more than a minute.
	MaxAge time.Duration
	// ChunkBytes is up to which size payloads that wait are joined, to be sent
	// at once. Zero means 64 KiB. Datagrams are never joined.
	ChunkBytes int
	// AtMostOnce drops lines that the peer may already have, instead of sending
	// them again. statsd needs it, since a line that arrives twice counts
	// twice, and one that arrives late counts at the wrong time.
	AtMostOnce bool
	// Counted says that the caller of Send has counted the lines as accepted in
	// the Sender's Book.
	Counted bool
	// Spool says where lines wait on disk that cannot be sent soon. Nil means
	// that they wait in memory. With AtMostOnce they always do: what a crash
	// leaves on disk may have arrived.
	Spool *SpoolOptions
	// Logger logs failures, the recovery and dropped lines, each at most once a
	// minute. Nil means that of SetLogger.
	Logger *slog.Logger
	// InitialBackoff is the wait after the first failure. Zero means 500 ms.
	InitialBackoff time.Duration
	// MaxBackoff is the longest wait between attempts, before up to half of it
	// is added or subtracted at random. Zero means 30 s.
	MaxBackoff time.Duration
}

const (
	// maxLateness is the bound of MaxAge with AtMostOnce. A statsd server counts
	// a line when it arrives: after an outage all would count at once.
	maxLateness = time.Minute

	// What a Stream acknowledged is kept for redoAge, up to redoBytes, which is
	// more than the receive buffer of most systems. It never takes more than
	// the redoShare of what may wait.
	redoAge   = 10 * time.Second
	redoBytes = 8 << 20
	redoShare = 4

	// chunkShare is the part of what may wait that is joined at most: the
	// oldest chunk is dropped when there is no room for more.
	chunkShare = 8
)

func (o Options) withDefaults() Options {
	o.Logger = safelog.Wrap(o.Logger)
	if o.MaxBytes <= 0 {
		o.MaxBytes = 32 << 20
	}
	if o.MaxAge <= 0 {
		o.MaxAge = 10 * time.Minute
		if o.Spool != nil {
			o.MaxAge = 365 * 24 * time.Hour
		}
	}
	if o.AtMostOnce {
		o.MaxAge = min(o.MaxAge, maxLateness)
	}
	if o.ChunkBytes <= 0 {
		o.ChunkBytes = 64 << 10
	}
	o.ChunkBytes = min(o.ChunkBytes, o.MaxBytes/chunkShare)
	if o.InitialBackoff <= 0 {
		o.InitialBackoff = 500 * time.Millisecond
	}
	if o.MaxBackoff <= 0 {
		o.MaxBackoff = 30 * time.Second
	}
	return o
}

// longLine is longer than any line of a metric that is sent.
const longLine = 8 << 10

// PayloadSize returns the size limit of a payload for a queue of maxBytes, which
// is Options.MaxBytes: limit, but an eighth of the queue at most, or a long line
// if the queue has room for that. A full queue drops its oldest payload, which
// should not be all that it has.
func PayloadSize(limit, maxBytes int) int {
	if maxBytes <= 0 {
		return limit // the default has room for any
	}
	return min(limit, max(maxBytes/chunkShare, min(maxBytes, longLine)))
}

// bounds returns those of the queue of t.
func (o Options) bounds(t Transport) bounds {
	b := bounds{bytes: o.MaxBytes, age: o.MaxAge, redoAge: redoAge, messages: isDatagrams(t)}
	if _, ok := t.(Stream); ok && !o.AtMostOnce {
		b.redoBytes = min(redoBytes, o.MaxBytes/redoShare)
	}
	return b
}
