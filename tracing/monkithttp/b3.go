package monkithttp

import (
	"fmt"
	"strings"
)

// B3 selects the Zipkin headers that are sent beside those of W3C.
type B3 uint8

const (
	// NoB3 sends no Zipkin headers.
	NoB3 B3 = iota
	// SingleB3 sends the header b3.
	SingleB3
	// MultiB3 sends X-B3-TraceId and the other X-B3 headers.
	MultiB3
)

// extractB3 reads the b3 header, or else the X-B3 headers.
func extractB3(h HeaderGetter) (parent, bool) {
	if p, ok := parseB3(single(h, "b3")); ok {
		return p, true
	}
	return parseMultiB3(h)
}

func parseB3(text string) (parent, bool) {
	if text == "" {
		return parent{}, false
	}
	parts := strings.SplitN(text, "-", 5)
	switch len(parts) {
	case 1:
		return b3State(parts[0])
	case 2:
		return b3IDs(parts[0], parts[1])
	case 3, 4:
		state, ok := b3State(parts[2])
		p, known := b3IDs(parts[0], parts[1])
		if len(parts) == 4 {
			_, isHex := parseHex(parts[3])
			ok = ok && isHex && len(parts[3]) == 16
		}
		p.decision, p.origin.Debug = state.decision, state.origin.Debug
		return p, ok && known
	}
	return parent{}, false
}

// b3State reads the sampling state.
func b3State(state string) (p parent, ok bool) {
	switch state {
	case "0", "false":
		p.decision = no
	case "1", "true":
		p.decision = yes
	case "d":
		p.decision, p.origin.Debug = yes, true
	default:
		return p, false
	}
	return p, true
}

// b3IDs reads the ids of a trace, of 16 or 32 digits, and of a span, of 16
// digits.
func b3IDs(trace, span string) (p parent, ok bool) {
	if len(trace) != 16 && len(trace) != 32 || len(span) != 16 {
		return p, false
	}
	if len(trace) == 32 {
		if p.high, ok = parseHex(trace[:16]); !ok {
			return p, false
		}
		trace = trace[16:]
	}
	var ok1, ok2 bool
	p.trace, ok1 = parseHex(trace)
	p.span, ok2 = parseHex(span)
	p.known = ok1 && ok2 && p.span != 0 && p.high|p.trace != 0
	return p, p.known
}

func parseMultiB3(h HeaderGetter) (parent, bool) {
	p, known := b3IDs(single(h, "X-B3-TraceId"), single(h, "X-B3-SpanId"))
	if !known {
		p = parent{}
	}
	state, decided := b3State(single(h, "X-B3-Sampled"))
	if single(h, "X-B3-Flags") == "1" {
		state, decided = b3State("d")
	}
	if decided {
		p.decision, p.origin.Debug = state.decision, state.origin.Debug
	}
	return p, known || decided
}

// set writes the headers that o selects. parentID is the id of the parent of
// span, or 0 if it has none.
func (o B3) set(h HeaderSetter, trace string, span, parentID uint64, sampled, debug bool) {
	state := "0"
	if sampled {
		state = "1"
	}
	switch {
	case o == SingleB3:
		if debug {
			state = "d"
		}
		text := fmt.Sprintf("%s-%016x-%s", trace, span, state)
		if parentID != 0 {
			text += fmt.Sprintf("-%016x", parentID)
		}
		h.Set("b3", text)
	case o == MultiB3:
		h.Set("X-B3-TraceId", trace)
		h.Set("X-B3-SpanId", fmt.Sprintf("%016x", span))
		if parentID != 0 {
			h.Set("X-B3-ParentSpanId", fmt.Sprintf("%016x", parentID))
		}
		if debug {
			h.Set("X-B3-Flags", "1") // implies sampled
		} else {
			h.Set("X-B3-Sampled", state)
		}
	}
}
