package monkittest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// spanLog is a monkit.SpanObserver that records up to tracing.MaxSpans spans,
// in the order in which they started.
type spanLog struct {
	mu      sync.Mutex
	spans   []loggedSpan // guarded by mu
	dropped int          // guarded by mu; spans beyond tracing.MaxSpans
}

// loggedSpan is a running or finished span.
type loggedSpan struct {
	span *monkit.Span
	end  *tracing.FinishedSpan // nil while the span runs
}

// Start records that s started.
func (l *spanLog) Start(s *monkit.Span) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.addLocked(loggedSpan{span: s}) {
		l.dropped++
	}
}

// Finish records how s ended.
func (l *spanLog) Finish(s *monkit.Span, err error, panicked bool, finish time.Time) {
	end := &tracing.FinishedSpan{Span: s, Err: err, Panicked: panicked, Finish: finish}
	l.mu.Lock()
	defer l.mu.Unlock()
	// The search starts at the end, because the span that started last most
	// often ends first.
	i := len(l.spans) - 1
	for i >= 0 && l.spans[i].span != s {
		i--
	}
	if i < 0 {
		l.addLocked(loggedSpan{span: s, end: end})
	} else {
		l.spans[i].end = end
	}
}

// addLocked reports whether there was room for the span.
func (l *spanLog) addLocked(s loggedSpan) bool {
	if len(l.spans) >= tracing.MaxSpans {
		return false
	}
	l.spans = append(l.spans, s)
	return true
}

// list returns all recorded spans and the number of dropped ones.
func (l *spanLog) list() (spans []loggedSpan, dropped int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.spans), l.dropped
}

// finished returns the spans of the function that have ended, in the order in
// which they started.
func (l *spanLog) finished(function string) (spans []*tracing.FinishedSpan) {
	all, _ := l.list()
	for _, s := range all {
		if f := s.span.Func(); s.end != nil && (f.ShortName() == function || f.FullName() == function) {
			spans = append(spans, s.end)
		}
	}
	return spans
}

// String returns the function's name and how the span ended.
func (s loggedSpan) String() string {
	name := s.span.Func().ShortName()
	switch {
	case s.end == nil:
		return name + " (running)"
	case s.end.Panicked:
		return name + " (panicked)"
	case s.end.Err != nil:
		return fmt.Sprintf("%s: %s", name, strings.ReplaceAll(s.end.Err.Error(), "\n", " "))
	}
	return name
}
