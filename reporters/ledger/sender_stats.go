package ledger

import "time"

// SenderStats is what a sender knows about itself and its destination at one
// moment. The series send of a sender, with the distributions send_seconds and
// send_age, has the same numbers: both are read from this. Counts begin with the
// process, except for those of Ledger, which go on with a book in a file.
//
// A sender reads its parts one after another while it goes on, so that numbers
// of different parts may differ by what was sent in between. Ledger balances.
type SenderStats struct {
	Destination string // its name, without credentials
	Ledger      Ledger // lines; Dropped[Crash] is what crashes cost

	// SentLines counts lines each time that they were counted as delivered:
	// Ledger.Recalled of them were sent again.
	SentLines    int64
	SentBytes    int64
	DroppedBytes int64 // of lines that were dropped here; those of others are not known

	Unavailable   error     // why the destination does not get its lines; nil if it does
	FailingSince  time.Time // of the first of the failures since the last delivery; zero if there is none
	Failures      int64     // since then
	LastError     error     // the newest failure or rejection; it stays after recovery
	LastRejection error     // the newest rejection
	LastSuccess   time.Time // zero before the first delivery
	StateChanges  int64     // how often deliveries began to fail, or to succeed again
	Retries       int64     // deliveries that failed, after each of which there was or will be another
	Errors        SendErrors

	QueueBytes    int64         // of lines that wait in memory or are in flight
	QueueMaxBytes int64         // beyond this the oldest are dropped
	QueueChunks   int64         // of which QueueBytes are made
	OldestAge     time.Duration // of the lines in the queue
	MaxAge        time.Duration // lines that wait for longer are dropped
	RedoBytes     int64         // acknowledged by a stream's peer, and kept for a moment in case it resets
	RedoMaxBytes  int64         // zero if nothing is kept, as for statsd, udp and http

	// Unconfirmed is true if no peer confirms what it gets, as for datagrams: they
	// count as delivered when this system took them.
	Unconfirmed bool

	SendTime Distribution // of deliveries, or of writes to a stream
	Age      Distribution // of lines when they were delivered, since Send

	Transport TransportStats
	Spool     SpoolStats
}

// SendErrors counts failures and rejections, by what a person has to look for.
// The names are those of the tag class.
type SendErrors struct {
	Network  int64 // the connection broke, or an answer is none of the others
	Connect  int64 // no address, or nothing listens there
	Timeout  int64 // no answer, or no progress
	Overload int64 // the peer asked to wait
	Rejected int64 // lines that the peer never takes
	Auth     int64 // user, password, token or certificate
	NotFound int64 // a database, bucket or path that does not exist
	Config   int64 // the address, or the server's version
}

// Sum returns the number of all errors.
func (e SendErrors) Sum() int64 {
	return e.Network + e.Connect + e.Timeout + e.Overload + e.Rejected + e.Auth + e.NotFound + e.Config
}

// Distribution is one of durations. Count, Sum, Min and Max are of all, the others
// of those of the last one to two minutes, or zero if there is none.
type Distribution struct {
	Count                         int64
	Sum, Min, Max                 time.Duration
	P10, P50, P90, P95, P99, P999 time.Duration
}

// TransportStats counts what happened below the lines. A transport leaves what it
// does not have at zero.
type TransportStats struct {
	Connects     int64 // connections of a stream
	Reconnects   int64 // connections, or sockets, after the first
	DNSChanges   int64 // how often the addresses of the name changed
	LookupErrors int64 // lookups of the name that failed
	Requests     int64 // of http
	GzipRefusals int64 // how often a server of http turned out not to take gzip
	// UnaskedAnswers counts answers of a server of http that no request asked for. Each
	// ended its connection.
	UnaskedAnswers int64
	NoBuffer       int64 // writes of datagrams for which a buffer, or the receiver's queue, had no room
	Refused        int64 // datagrams of udp for which the system of the peer answered that nothing listens
}

// SpoolStats is what a sender knows about its lines on disk. Dir is empty if lines
// wait in memory only. Until the spool was opened, only Dir, Up and Errors are
// known.
type SpoolStats struct {
	Dir              string
	Up               bool          // the last use of the disk succeeded
	Bytes            int64         // size of the files
	MaxBytes         int64         // beyond this the oldest lines are dropped
	Lines            int64         // not settled yet
	OldestAge        time.Duration // of these
	RedeliveredLines int64         // read again that an earlier process may have sent
	DamagedLines     int64         // gone, which is partly an estimate
	Errors           int64         // failed uses of the disk
}
