package present

import (
	"io"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// spanJSON is a live span as /ps/json has it.
type spanJSON struct {
	tracing.SpanJSON
	Elapsed int64 `json:"elapsed"` // nanoseconds
}

// SpansJSON writes the live spans of r as an array.
func SpansJSON(r *monkit.Registry, w io.Writer) error {
	l := &list{printer: newPrinter(w)}
	l.open()
	r.AllSpans(func(s *monkit.Span) {
		l.add(spanJSON{tracing.JSONOf(s), s.Duration().Nanoseconds()})
	})
	return l.close()
}
