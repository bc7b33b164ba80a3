package monkithttp

import (
	"slices"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// Inject tells of s in the headers of a message that is no HTTP request, as
// Transport does in those of one that is.
func Inject(h HeaderSetter, s *monkit.Span, o TransportOptions) {
	setIDs(h, s, o.B3)
	if text := passedOn(s, o.Baggage); text != "" {
		h.Set("baggage", text)
	}
}

// Extract returns what Func.RemoteTrace wants, to continue the trace that
// headers tell of: as Handler does, whoever sent them. Without such headers it
// is a new trace. Of baggage it takes what has an allowed name.
func Extract(h HeaderGetter, allowedBaggage ...string) (parentID int64, trace *monkit.Trace) {
	p := extract(h, allowedBaggage)
	return int64(p.span), p.begin()
}

// setIDs tells of s, its trace, and whether that is sampled.
func setIDs(h HeaderSetter, s *monkit.Span, b3 B3) {
	trace, origin := s.Trace(), tracing.OriginOf(s.Trace())
	sampled := tracing.Sampled(trace)
	h.Set("traceparent", formatTraceparent(trace.High(), uint64(trace.Id()), uint64(s.Id()), sampled, origin.Random))
	if origin.State != "" {
		h.Set("tracestate", origin.State)
	}
	above, _ := s.ParentId()
	b3.set(h, tracing.TraceID(trace), uint64(s.Id()), uint64(above), sampled, origin.Debug)
}

// passedOn is the baggage that s came with, as far as it is allowed.
func passedOn(s *monkit.Span, allowed []string) string {
	passed := make(map[string]string)
	for key, value := range tracing.OriginOf(s.Trace()).Baggage {
		if slices.Contains(allowed, key) {
			passed[key] = value
		}
	}
	return formatBaggage(passed)
}
