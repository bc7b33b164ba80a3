package reporters

import (
	"log/slog"
	"time"
)

// SendOptions configure how a reporter sends. They are the same for every
// format. The zero value works.
type SendOptions struct {
	// MaxBytes is how many bytes may wait while the destination is
	// unavailable; beyond it the oldest are dropped. Zero means 32 MiB.
	MaxBytes int
	// MaxAge is how long lines may wait before they are dropped. Zero means
	// ten minutes. Lines for statsd, which count when they arrive, wait for a
	// minute at most.
	MaxAge time.Duration
	// MaxPayload is the size limit of a payload in bytes. Zero means what suits
	// the transport: 1432 for udp, 8192 for unixgram, 64 KiB for tcp, tls and
	// unix, 512 KiB for http and https; a line that is longer, up to the limit of its
	// format, is a payload of its own then. It is never more than an
	// eighth of MaxBytes, or than MaxBytes if that is less than 8 KiB.
	MaxPayload int
	// Spool is a folder in which lines wait that cannot be sent soon; it is made
	// if it does not exist. Each destination has a folder in it. Lines there
	// survive the end of the process, also by a crash, and a restart with the
	// same folder sends them. Empty means that lines wait in memory, as those
	// for statsd always do: it would count twice what a crash leaves unclear.
	// With a Spool, a MaxAge of zero means a year.
	Spool string
	// SpoolBytes bounds the files of one destination; beyond it the oldest lines
	// are dropped. Zero means 1 GiB.
	SpoolBytes int64
	// Logger logs when the destination becomes unavailable, when it is
	// available again, and dropped lines, each at most once a minute. Nil means
	// the collector's logger.
	Logger *slog.Logger
}
