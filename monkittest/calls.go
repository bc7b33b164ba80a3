package monkittest

import (
	"slices"
	"sync"
	"time"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// calls is a monkit.SpanObserver that keeps every span, in the order they
// began.
type calls struct {
	mu      sync.Mutex
	all     []call // guarded by mu
	dropped int    // guarded by mu; more than tracing.MaxSpans
}

// call is one span.
type call struct {
	span *monkit.Span
	end  *tracing.FinishedSpan // nil while it runs
}

func (c *calls) Start(s *monkit.Span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.add(call{span: s}) {
		c.dropped++
	}
}

func (c *calls) Finish(s *monkit.Span, err error, panicked bool, finish time.Time) {
	end := &tracing.FinishedSpan{Span: s, Err: err, Panicked: panicked, Finish: finish}
	c.mu.Lock()
	defer c.mu.Unlock()
	// Searched from the end: what began last most often ends first.
	i := len(c.all) - 1
	for i >= 0 && c.all[i].span != s {
		i--
	}
	if i < 0 {
		c.add(call{span: s, end: end})
	} else {
		c.all[i].end = end
	}
}

// add reports whether there was room. c.mu is held.
func (c *calls) add(each call) bool {
	if len(c.all) >= tracing.MaxSpans {
		return false
	}
	c.all = append(c.all, each)
	return true
}

// list returns all calls, and how many were not kept.
func (c *calls) list() (all []call, dropped int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.all), c.dropped
}

// of returns the spans of the function that have ended, in the order they
// began.
func (c *calls) of(function string) (spans []*tracing.FinishedSpan) {
	all, _ := c.list()
	for _, each := range all {
		if f := each.span.Func(); each.end != nil && (f.ShortName() == function || f.FullName() == function) {
			spans = append(spans, each.end)
		}
	}
	return spans
}
