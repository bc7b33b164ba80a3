package zipkin

import (
	"cmp"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"monkit.example/monkit"
)

// Options tune an Exporter. The zero value works.
type Options struct {
	// Registry is whose traces go out. Nil means monkit.Default.
	Registry *monkit.Registry
	// Service is the name of this program among others. Empty means that of
	// the environment's OTEL_SERVICE_NAME, or else of the executable.
	Service string
	// Fraction is which part of the traces goes out that nobody decided about.
	// All programs decide the same about a trace. Zero means all, a negative
	// number none.
	Fraction float64
	// Args sends the arguments of calls.
	Args bool
	// ErrorText sends what errors say; otherwise it is their names.
	ErrorText bool
	// Interval is how long spans are gathered. Zero means a second.
	Interval time.Duration
	// MaxSpans is how many are gathered, at most; beyond it the oldest are
	// dropped. Zero means 8192.
	MaxSpans int
	// MaxBytes is how much may wait while the server is away; beyond it the
	// oldest goes first. Zero means 32 MiB.
	MaxBytes int
	// MaxAge is how long something may wait. Zero means ten minutes.
	MaxAge time.Duration
	// Logger hears of a wrong address, and when the server goes away and is
	// back. Nil discards.
	Logger *slog.Logger
}

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
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Service = strings.ToLower(cmp.Or(o.Service, os.Getenv("OTEL_SERVICE_NAME"), executable()))
	return o
}

func executable() string {
	name := filepath.Base(os.Args[0])
	return strings.TrimSuffix(name, ".exe")
}

// chooses reports whether a trace belongs to the fraction. Of an id only the
// bits are looked at that are random by every standard.
func (o Options) chooses(t *monkit.Trace) bool {
	const random = 1 << 56
	return float64(uint64(t.Id())%random) < o.Fraction*random
}
