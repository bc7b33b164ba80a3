package tracing

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"sync"

	"monkit.example/monkit"
)

// Query selects spans. At least one of Regex and TraceID must be set; if both
// are set, both must match.
type Query struct {
	// Regex matches any part of the full name of a function, with or without
	// its tags. Its syntax is that of package regexp.
	Regex string
	// Preselect limits the search to the functions that exist when Match is
	// called, and makes Match fail if none of them matches. Each span that
	// starts then costs less, and functions that have never run are missed.
	Preselect bool
	// TraceID has up to 32 hexadecimal digits.
	TraceID string
}

// maxRegex bounds the text of a regular expression, which comes from the
// network.
const maxRegex = 1 << 10

// Match returns a function that reports whether q selects a span of r. The
// error describes an invalid query.
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
	return func(s *monkit.Span) bool { return id.matches(s.Trace()) && matches(s.Func()) }, nil
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
		return cachedMatch(matches), nil
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

// cachedMatch returns a function that calls matches once for each Func, since
// there are many more spans than functions.
func cachedMatch(matches func(*monkit.Func) bool) func(*monkit.Func) bool {
	var cache sync.Map // *monkit.Func → bool
	return func(f *monkit.Func) bool {
		if matched, ok := cache.Load(f); ok {
			return matched.(bool)
		}
		matched := matches(f)
		cache.Store(f, matched)
		return matched
	}
}

// traceID is the id of a trace as a user writes it: 128 bits, or only the
// lower 64.
type traceID struct {
	high, low uint64
	hasHigh   bool
}

func parseTraceID(text string) (id traceID, err error) {
	high, low := "", text
	if n := len(text) - 16; n > 0 {
		high, low = text[:n], text[n:]
	}
	id.low, err = strconv.ParseUint(low, 16, 64)
	if err == nil && high != "" {
		id.hasHigh = true
		id.high, err = strconv.ParseUint(high, 16, 64)
	}
	if err != nil {
		return id, fmt.Errorf("trace_id expected to be hex unsigned 64 or 128 bit number: %.40q", text)
	}
	return id, nil
}

func (id traceID) matches(t *monkit.Trace) bool {
	return uint64(t.Id()) == id.low && (!id.hasHigh || t.High() == id.high)
}
