package monkithttp

import (
	"math/rand/v2"
	"slices"
	"strings"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// HeaderGetter is the part of http.Header that reading needs.
type HeaderGetter interface {
	Get(string) string
}

// HeaderSetter is the part of http.Header that writing needs.
type HeaderSetter interface {
	Set(string, string)
}

// Inject writes the trace context of s into h. Use it for protocols other than
// HTTP; Transport does it for HTTP requests.
func Inject(h HeaderSetter, s *monkit.Span, o TransportOptions) {
	setIDs(h, s, o.B3)
	if text := propagatedBaggage(s, o.Baggage); text != "" {
		h.Set("baggage", text)
	}
}

// Extract returns the arguments of Func.RemoteTrace that continue the trace in
// h. If h has none, the trace is new. Of the baggage, Extract takes the names
// in allowedBaggage. Use it for protocols other than HTTP; Handler does it for
// HTTP requests.
func Extract(h HeaderGetter, allowedBaggage ...string) (parentID int64, trace *monkit.Trace) {
	p := extract(h, allowedBaggage)
	return int64(p.span), p.newTrace()
}

// setIDs writes the ids of s and its trace, and whether the trace is sampled.
func setIDs(h HeaderSetter, s *monkit.Span, b3 B3) {
	trace, origin := s.Trace(), tracing.OriginOf(s.Trace())
	sampled := tracing.Sampled(trace)
	h.Set("traceparent", formatTraceparent(trace.High(), uint64(trace.Id()), uint64(s.Id()), sampled, origin.Random))
	if origin.State != "" {
		h.Set("tracestate", origin.State)
	}
	parentID, _ := s.ParentId()
	b3.set(h, tracing.TraceID(trace), uint64(s.Id()), uint64(parentID), sampled, origin.Debug)
}

// propagatedBaggage returns the baggage header for requests of s: the baggage
// that its trace came with, reduced to the allowed names.
func propagatedBaggage(s *monkit.Span, allowed []string) string {
	members := make(map[string]string)
	for key, value := range tracing.OriginOf(s.Trace()).Baggage {
		if slices.Contains(allowed, key) {
			members[key] = value
		}
	}
	return formatBaggage(members)
}

// parent is the calling span, as the headers of a request describe it.
type parent struct {
	known    bool   // the headers have the ids of a trace and a span
	high     uint64 // upper half of the trace's id, 0 if the id has 64 bits
	trace    uint64
	span     uint64
	decision decision
	origin   tracing.Origin
}

// decision is what the caller decided about exporting the trace.
type decision uint8

const (
	undecided decision = iota
	no
	yes
)

func decisionOf(sampled bool) decision {
	if sampled {
		return yes
	}
	return no
}

// newTrace returns the trace for the spans below p: the trace of p, or a new
// one if p has none.
func (p *parent) newTrace() *monkit.Trace {
	high, id, origin := p.high, int64(p.trace), p.origin
	if !p.known {
		high, id, origin.Random = rand.Uint64(), monkit.NewId(), true
	}
	t := monkit.NewTrace128(high, id)
	tracing.SetOrigin(t, origin)
	if p.decision != undecided {
		t.Set(tracing.SampledKey, p.decision == yes)
	}
	return t
}

// extract reads the first format that is valid, in the order of precedence. It
// reads the allowed baggage in any case.
func extract(h HeaderGetter, allowedBaggage []string) parent {
	p, ok := extractW3C(h)
	if !ok {
		p, ok = extractB3(h)
	}
	if !ok && h.Get("traceparent") == "" && hasMember(joined(h, "tracestate"), "sampled=true") {
		p = parent{decision: yes} // from a client without traces, such as curl
	}
	p.origin.Baggage = parseBaggage(joined(h, "baggage"), allowedBaggage)
	return p
}

func extractW3C(h HeaderGetter) (parent, bool) {
	p, ok := parseTraceparent(single(h, "traceparent"))
	if ok {
		p.origin.State = parseTracestate(joined(h, "tracestate"))
	}
	return p, ok
}

// valuesGetter is implemented by http.Header, and by few other HeaderGetters.
type valuesGetter interface{ Values(string) []string }

// single returns the value of the header, or "" if the header occurs several
// times: then it is unknown which value is right.
func single(h HeaderGetter, name string) string {
	if all, ok := h.(valuesGetter); ok && len(all.Values(name)) > 1 {
		return ""
	}
	return h.Get(name)
}

// joined returns all values of a header that is a list.
func joined(h HeaderGetter, name string) string {
	if all, ok := h.(valuesGetter); ok {
		return strings.Join(all.Values(name), ",")
	}
	return h.Get(name)
}

func hasMember(list, member string) bool {
	for each := range strings.SplitSeq(list, ",") {
		if strings.Trim(each, " \t") == member {
			return true
		}
	}
	return false
}
