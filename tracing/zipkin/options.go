package zipkin

import (
	"cmp"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"monkit.example/internal/send"
	"monkit.example/monkit"
)

// Options configure an Exporter. The zero value works.
type Options struct {
	// Registry has the traces that are exported. Nil means monkit.Default.
	Registry *monkit.Registry
	// Service is the name of this program among others. Empty means the
	// environment variable OTEL_SERVICE_NAME or, without it, the name of the
	// executable.
	Service string
	// Fraction is the fraction of traces to export among those without a
	// sampling decision. It depends on the id of a trace, so that all programs
	// decide alike. Zero means all traces, a negative number none.
	Fraction float64
	// Args exports the arguments of calls.
	Args bool
	// ErrorText exports the texts of errors instead of their names.
	ErrorText bool
	// Interval is how long spans are collected for a request. Zero means a
	// second.
	Interval time.Duration
	// MaxSpans bounds the spans that are collected for a request. Beyond it
	// the oldest are dropped. Zero means 8192.
	MaxSpans int
	// MaxBytes bounds the encoded spans that wait while the server is
	// unavailable. Beyond it the oldest are dropped. Zero means 32 MiB.
	MaxBytes int
	// MaxAge bounds how long encoded spans wait. Zero means ten minutes.
	MaxAge time.Duration
	// Logger gets an error if the address is invalid, and logs when the server
	// becomes unavailable and available again, and dropped spans, each at most
	// once a minute. Nil means that of Exporter.SetLogger, if that is called.
	Logger *slog.Logger
}

// maxPayload bounds a request, in bytes. Zipkin accepts more, but a request of
// this size is quick to send again.
const maxPayload = 256 << 10

// payloadSize returns the size limit of a request, which may be less than
// maxPayload so that MaxBytes has room for several.
func (o Options) payloadSize() int { return send.PayloadSize(maxPayload, o.MaxBytes) }

func (o Options) withDefaults() Options {
	if o.Registry == nil {
		o.Registry = monkit.Default
	}
	if o.Fraction == 0 {
		o.Fraction = 1
	}
	if o.Interval <= 0 {
		o.Interval = time.Second
	}
	if o.MaxSpans <= 0 {
		o.MaxSpans = 8192
	}
	o.Service = strings.ToLower(cmp.Or(o.Service, os.Getenv("OTEL_SERVICE_NAME"), executable()))
	return o
}

func executable() string {
	name := filepath.Base(os.Args[0])
	return strings.TrimSuffix(name, ".exe")
}

// chooses reports whether t belongs to Fraction. It uses the bits of the id
// that all standards require to be random.
func (o Options) chooses(t *monkit.Trace) bool {
	const random = 1 << 56
	return float64(uint64(t.Id())%random) < o.Fraction*random
}
