package reporters

import (
	"log/slog"
	"time"
)

// SendOptions say how a reporter gets its payloads out. They are the same for
// every format.
type SendOptions struct {
	// MaxBytes is how much may wait while the destination is away; beyond it
	// the oldest goes first. Zero means 32 MiB.
	MaxBytes int
	// MaxAge is how long something may wait. Zero means ten minutes.
	MaxAge time.Duration
	// MaxPayload is the most bytes of one payload. Zero means what suits the
	// transport: 1432 for udp, 8192 for unixgram, 64 KiB for streams, 512 KiB
	// for http.
	MaxPayload int
	// Logger hears when a destination goes away and when it is back. Nil
	// means the collector's, which notices at its ticks.
	Logger *slog.Logger
}
