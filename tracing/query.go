package tracing

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"time"

	"monkit.example/monkit"
)

// Query selects spans. At least one of Regex and TraceID must be set; if both
// are set, both must match.
type Query struct {
	// Regex matches any part of the full name of a function, with or without
	// its tags. Its syntax is that of package regexp. It has at most 1 KiB, and
	// its repetitions are bounded.
	Regex string
	// Preselect limits the search to the functions that exist when it begins,
	// and makes it fail with ErrNoFunction if none of them matches. Functions
	// that have never run are missed.
	Preselect bool
	// TraceID has up to 32 hexadecimal digits.
	TraceID string
}

// Compile returns the Matcher of q. The error describes an invalid query.
func (q Query) Compile() (*Matcher, error) {
	if q.Regex == "" && q.TraceID == "" {
		return nil, errors.New("at least one of 'regex' or 'trace_id' query parameters required")
	}
	m := &Matcher{preselect: q.Preselect}
	if q.Regex != "" {
		re, err := compileRegex(q.Regex)
		if err != nil {
			return nil, err
		}
		m.regex = re
	}
	if q.TraceID != "" {
		id, err := parseTraceID(q.TraceID)
		if err != nil {
			return nil, err
		}
		m.matches = func(s *monkit.Span) bool { return id.matches(s.Trace()) }
	}
	return m, nil
}

// Matcher selects spans.
type Matcher struct {
	matches   func(*monkit.Span) bool // nil matches every span
	regex     *regexp.Regexp          // matches functions; nil matches every one
	preselect bool                    // only functions that exist when a wait begins match
}

// MatchBy returns a Matcher of the spans for which matches returns true. It is
// called for each span that starts, by the goroutine that runs it, so it must be
// quick and safe for concurrent use. If it is nil, no span matches.
func MatchBy(matches func(s *monkit.Span) bool) *Matcher {
	if matches == nil {
		matches = func(*monkit.Span) bool { return false }
	}
	return &Matcher{matches: matches}
}

// Watch waits until a span of r that m selects has ended after minDuration or
// longer. It returns that span and the spans below it that ended before it. If
// ctx ends first, the error is ctx's.
//
// The names of functions are matched by the goroutine that calls Watch, once
// each. Of up to eight runs at a time it is seen that they take minDuration;
// others that start beside them are passed over.
func (m *Matcher) Watch(ctx context.Context, r *monkit.Registry, minDuration time.Duration) ([]*FinishedSpan, error) {
	w := newSpanWait(m)
	w.minDuration = minDuration
	if err := w.run(ctx, r); err != nil {
		return nil, err
	}
	return w.result.collected(), nil
}

// Find waits until a span of r that m selects starts, and calls found with it
// once. If ctx ends first, the error is ctx's. found is called by the goroutine
// that runs the span, before the run continues, so it must be quick. If the
// function of the span is new, the goroutine that calls Find calls found soon
// after that instead; a run that has ended by then is passed over. If found
// panics, the wait has ended all the same: the panic goes to the registry, which
// counts it, or in the second case to the caller of Find.
func (m *Matcher) Find(ctx context.Context, r *monkit.Registry, found func(*monkit.Span)) error {
	w := newSpanWait(m)
	w.found = found
	return w.run(ctx, r)
}

// matchesSpan reports whether s matches apart from the name of its function.
func (m *Matcher) matchesSpan(s *monkit.Span) bool { return m.matches == nil || m.matches(s) }

// verdict matches the name of f, which may take long.
func (m *Matcher) verdict(f *monkit.Func) verdict {
	name, withTags := f.FullName(), callName(f)
	if m.regex.MatchString(name) || withTags != name && m.regex.MatchString(withTags) {
		return yes
	}
	return no
}

// Bounds on a regular expression, which comes from the network. Matching takes
// time in proportion to the instructions of its program.
const (
	maxRegex   = 1 << 10 // bytes
	maxProgram = 1500    // instructions; enough for every text of maxRegex without repetitions
)

func compileRegex(text string) (*regexp.Regexp, error) {
	if len(text) > maxRegex {
		return nil, fmt.Errorf("regex of %d bytes: at most %d are allowed", len(text), maxRegex)
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("invalid regex %q: %w", text, err)
	}
	if programSize(tree) > maxProgram {
		return nil, fmt.Errorf("regex %.100q repeats too much: its program has more than %d instructions", text, maxProgram)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("invalid regex %q: %w", text, err)
	}
	return re, nil
}

// programSize returns how many instructions the program of re has at most, or
// more than maxProgram. Compiling it to count them would take the time and
// memory that are to be saved.
func programSize(re *syntax.Regexp) int {
	size := 0
	for _, sub := range re.Sub {
		size = min(size+programSize(sub), maxProgram+1)
	}
	switch re.Op {
	case syntax.OpLiteral:
		size = len(re.Rune)
	case syntax.OpConcat:
	case syntax.OpAlternate:
		size += len(re.Sub)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		size++
	case syntax.OpCapture:
		size += 2
	case syntax.OpRepeat:
		copies := re.Max
		if copies < 0 { // x{2,} is xxx*
			copies = re.Min + 1
		}
		size = (size + 1) * copies // each may be optional
	default: // one instruction for a class or a position
		size++
	}
	return min(size, maxProgram+1)
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
