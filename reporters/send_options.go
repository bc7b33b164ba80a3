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
	// ten minutes.
	MaxAge time.Duration
	// MaxPayload is the size limit of a payload in bytes. Zero means what suits
	// the transport: 1432 for udp, 8192 for unixgram, 64 KiB for tcp, tls and
	// unix, 512 KiB for http and https.
	MaxPayload int
	// Logger logs when the destination becomes unavailable and when it is
	// available again. Nil means that the collector's logger does, at the next
	// tick.
	Logger *slog.Logger
}
