package tracing

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"monkit.example/monkit"
)

// Query says which spans are looked for. At least one of Regex and TraceID has
// to be set; if both are, both must match.
type Query struct {
	// Regex is searched for in the full names of functions, with and without
	// their tags. Its syntax is that of package regexp.
	Regex string
	// Preselect looks among the functions that are known when Match is called,
	// and has Match fail if there is none. It costs each span that begins
	// less, and misses functions that have never run.
	Preselect bool
	// TraceID is hexadecimal, of up to 32 digits.
	TraceID string
}

// maxRegex bounds the text of a regular expression, which comes from the
// network.
const maxRegex = 1 << 10

// Match returns a function that reports whether a span of r is what q looks
// for. The error says what is wrong with q.
func (q Query) Match(r *monkit.Registry) (func(*monkit.Span) bool, error) {
	if q.Regex == "" && q.TraceID == "" {
		return nil, errors.New("at least one of 'regex' or 'trace_id' query parameters required")
	}
	matches, err := q.matchFunc(r)
	if err != nil || q.TraceID == "" {
		return func(s *monkit.Span) bool { return matches(s.Func()) }, err
	}
	id, err := parseTraceID(q.TraceID)
	if err != nil {
		return nil, err
	}
	return func(s *monkit.Span) bool { return id.is(s.Trace()) && matches(s.Func()) }, nil
}

func (q Query) matchFunc(r *monkit.Registry) (func(*monkit.Func) bool, error) {
	if q.Regex == "" {
		return func(*monkit.Func) bool { return true }, nil
	}
	if len(q.Regex) > maxRegex {
		return nil, fmt.Errorf("regex of %d bytes: at most %d are allowed", len(q.Regex), maxRegex)
	}
	re, err := regexp.Compile(q.Regex)
	if err != nil {
		return nil, fmt.Errorf("invalid regex %q: %w", q.Regex, err)
	}
	matches := func(f *monkit.Func) bool { return re.MatchString(f.FullName()) || re.MatchString(callName(f)) }
	if !q.Preselect {
		return remembering(matches), nil
	}
	selected := make(map[*monkit.Func]bool)
	r.Funcs(func(f *monkit.Func) {
		if matches(f) {
			selected[f] = true
		}
	})
	if len(selected) == 0 {
		return nil, errors.New("regex preselect matches 0 functions")
	}
	return func(f *monkit.Func) bool { return selected[f] }, nil
}

// remembering asks matches once about each Func: spans begin more often than
// functions are new.
func remembering(matches func(*monkit.Func) bool) func(*monkit.Func) bool {
	var known sync.Map // *monkit.Func → bool
	return func(f *monkit.Func) bool {
		if matched, ok := known.Load(f); ok {
			return matched.(bool)
		}
		matched := matches(f)
		known.Store(f, matched)
		return matched
	}
}

// traceID is the id of a trace, of which the high half may not be known.
type traceID struct {
	high, low uint64
	whole     bool
}

func parseTraceID(text string) (id traceID, err error) {
	high, low := "", text
	if n := len(text) - 16; n > 0 {
		high, low = text[:n], text[n:]
	}
	id.low, err = strconv.ParseUint(low, 16, 64)
	if err == nil && high != "" {
		id.whole = true
		id.high, err = strconv.ParseUint(high, 16, 64)
	}
	if err != nil || strings.ContainsAny(text, "+-_") {
		return id, fmt.Errorf("trace_id expected to be hex unsigned 64 or 128 bit number: %.40q", text)
	}
	return id, nil
}

func (id traceID) is(t *monkit.Trace) bool {
	return uint64(t.Id()) == id.low && (!id.whole || t.High() == id.high)
}
