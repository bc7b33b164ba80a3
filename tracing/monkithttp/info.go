package monkithttp

import (
	"monkit.example/monkit"
	"monkit.example/tracing"
)

// TraceInfo is the trace context of a request as monkit/v3 has it: ids have 64
// bits, and nil if they are missing. Handler, Transport, Extract and Inject
// also propagate ids of 128 bits and the tracestate.
type TraceInfo struct {
	TraceId  *int64
	ParentId *int64 // of the span that made the request
	Sampled  bool
	Baggage  map[string]string
}

// TraceInfoFromHeader reads headers. Of the baggage, it takes the names in
// allowedBaggage.
func TraceInfoFromHeader(header HeaderGetter, allowedBaggage ...string) (rv TraceInfo) {
	p := extract(header, allowedBaggage)
	rv = TraceInfo{Sampled: p.decision == yes, Baggage: p.origin.Baggage}
	if p.known {
		trace, span := int64(p.trace), int64(p.span)
		rv.TraceId, rv.ParentId = &trace, &span
	}
	return rv
}

// TraceInfoFromSpan returns the trace context of requests that s makes: their
// parent is s.
func TraceInfoFromSpan(s *monkit.Span) TraceInfo {
	trace, span := s.Trace().Id(), s.Id()
	return TraceInfo{TraceId: &trace, ParentId: &span, Sampled: tracing.Sampled(s.Trace())}
}

// SetHeader writes r as headers.
func (r TraceInfo) SetHeader(header HeaderSetter) {
	switch {
	case r.TraceId != nil && r.ParentId != nil && *r.TraceId != 0 && *r.ParentId != 0:
		header.Set("traceparent", formatTraceparent(0, uint64(*r.TraceId), uint64(*r.ParentId), r.Sampled, false))
	case r.Sampled:
		header.Set("tracestate", "sampled=true")
	}
	if text := formatBaggage(r.Baggage); text != "" {
		header.Set("baggage", text)
	}
}
