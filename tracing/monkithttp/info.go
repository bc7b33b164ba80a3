package monkithttp

import (
	"monkit.example/monkit"
	"monkit.example/tracing"
)

// TraceInfo is what a request tells of the span that made it. All of it may be
// missing. Ids have 64 bits, as in the library that this one succeeds: Handler
// and Transport, Extract and Inject keep those of 128 whole, and the tracestate
// too.
type TraceInfo struct {
	TraceId  *int64
	ParentId *int64
	Sampled  bool
	Baggage  map[string]string
}

// HeaderGetter is what is wanted of http.Header to read from it.
type HeaderGetter interface {
	Get(string) string
}

// HeaderSetter is what is wanted of http.Header to write to it.
type HeaderSetter interface {
	Set(string, string)
}

// TraceInfoFromHeader reads headers, and of baggage what has an allowed name.
func TraceInfoFromHeader(header HeaderGetter, allowedBaggage ...string) (rv TraceInfo) {
	p := extract(header, allowedBaggage)
	rv = TraceInfo{Sampled: p.decision == yes, Baggage: p.origin.Baggage}
	if p.known {
		trace, span := int64(p.trace), int64(p.span)
		rv.TraceId, rv.ParentId = &trace, &span
	}
	return rv
}

// TraceInfoFromSpan is what a request made by s should tell: the parent of
// those who serve it is s.
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
