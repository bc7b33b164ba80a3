package monkithttp

import (
	"strings"

	"monkit.example/tracing"
)

// parent is what headers tell of the caller.
type parent struct {
	known    bool   // there are a trace and a span
	high     uint64 // upper half of the trace's id, 0 if that has 64 bits
	trace    uint64
	span     uint64
	decision decision
	origin   tracing.Origin
}

// decision is whether the caller wants the trace exported.
type decision uint8

const (
	undecided decision = iota
	no
	yes
)

func decided(sampled bool) decision {
	if sampled {
		return yes
	}
	return no
}

// extract reads the first kind of headers that is valid. Baggage goes with
// any, or none.
func extract(h HeaderGetter, baggage []string) parent {
	p, ok := extractW3C(h)
	if !ok {
		p, ok = extractB3(h)
	}
	if !ok && h.Get("traceparent") == "" && hasMember(joined(h, "tracestate"), "sampled=true") {
		// For those who have no trace, such as somebody with curl.
		p = parent{decision: yes}
	}
	p.origin.Baggage = parseBaggage(joined(h, "baggage"), baggage)
	return p
}

func extractW3C(h HeaderGetter) (parent, bool) {
	p, ok := parseTraceparent(single(h, "traceparent"))
	if ok {
		p.origin.State = parseTracestate(joined(h, "tracestate"))
	}
	return p, ok
}

// lines is what http.Header has beyond Get.
type lines interface{ Values(string) []string }

// single returns the header's value, or "" if there are several: nobody can
// tell which one is right.
func single(h HeaderGetter, name string) string {
	if all, ok := h.(lines); ok && len(all.Values(name)) > 1 {
		return ""
	}
	return h.Get(name)
}

// joined returns the values of a header that is a list.
func joined(h HeaderGetter, name string) string {
	if all, ok := h.(lines); ok {
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
