package tracing

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/monkit"
)

// ErrNoFunction is the error of a query with Preselect that matches no function.
var ErrNoFunction = errors.New("regex preselect matches 0 functions")

// Bounds on what one wait holds.
const (
	maxCandidates = 8  // runs that are collected at a time
	maxUndecided  = 64 // functions whose names are still to be matched
)

// matching has an element for each wait of the process that matches the names of
// all functions. That takes a processor from the program, so others wait.
var matching = make(chan struct{}, 2)

// verdict is whether the name of a function matches.
type verdict int

const (
	undecided verdict = iota // the goroutine that waits has not matched it yet
	yes
	no
)

// spanWait waits for one span that a Matcher selects. The goroutines of the
// program call start and finish. They never match a name: a function that is new
// goes to the goroutine that waits, and its run is a candidate until the name is
// matched. They take mu only for runs that may become candidates and for spans of
// the traces of candidates.
type spanWait struct {
	matcher     *Matcher
	minDuration time.Duration      // shorter spans are passed over
	found       func(*monkit.Span) // called when a span matches; if nil, spans are collected until it ends

	verdicts  sync.Map          // *monkit.Func → verdict
	undecided chan *monkit.Func // functions whose verdict is undecided
	done      chan struct{}     // closed when the wait has succeeded
	result    *candidate        // set before done is closed
	over      atomic.Bool       // no more spans are needed
	full      atomic.Bool       // no run becomes a candidate now; set with mu held

	traces [maxCandidates]atomic.Pointer[monkit.Trace] // of the candidates that run; set with mu held

	mu         sync.Mutex
	candidates [maxCandidates]candidate // guarded by mu; those without a root are free
	added      int                      // guarded by mu; the candidates until now
	used       int                      // guarded by mu; the candidates now
}

// candidate is a run that matches, or may match.
type candidate struct {
	root    *monkit.Span
	number  int // candidates are numbered as they are added
	verdict verdict
	ended   bool
	end     FinishedSpan    // of root, when it has ended
	spans   []*FinishedSpan // of the trace, apart from root, that ended before root; at most MaxSpans-1
}

// collect adds a span that has ended, if there is room.
func (c *candidate) collect(s FinishedSpan) {
	if len(c.spans) < MaxSpans-1 {
		copied := s
		c.spans = append(c.spans, &copied)
	}
}

// collected returns the root, which has ended, and the spans below it.
func (c *candidate) collected() []*FinishedSpan { return withBelow(&c.end, c.spans) }

func newSpanWait(m *Matcher) *spanWait {
	return &spanWait{matcher: m, undecided: make(chan *monkit.Func, maxUndecided), done: make(chan struct{})}
}

// run waits until a span of r matches, or ctx ends.
func (w *spanWait) run(ctx context.Context, r *monkit.Registry) error {
	if err := w.preselect(ctx, r); err != nil {
		return err
	}
	defer w.stop()
	defer joinHub(r, w)()
	for {
		select {
		case <-w.done:
			return nil
		case f := <-w.undecided:
			w.decide(f)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// preselect matches the names of the functions of r.
func (w *spanWait) preselect(ctx context.Context, r *monkit.Registry) error {
	if w.matcher.regex == nil {
		return nil
	}
	select {
	case matching <- struct{}{}:
		defer func() { <-matching }()
	case <-ctx.Done():
		return ctx.Err()
	}
	matched := 0
	r.Funcs(func(f *monkit.Func) {
		if ctx.Err() != nil {
			return
		}
		v := w.matcher.verdict(f)
		if v == yes {
			matched++
		}
		if v == yes || !w.matcher.preselect {
			w.verdicts.Store(f, v)
		}
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case matched == 0 && w.matcher.preselect:
		return ErrNoFunction
	}
	return nil
}

// stop ends the wait: spans that are just starting or ending do nothing.
func (w *spanWait) stop() {
	w.over.Store(true)
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.candidates {
		if w.candidates[i].root != nil {
			w.removeLocked(i)
		}
	}
}

// start is called when s has started, by the goroutine that runs it.
func (w *spanWait) start(s *monkit.Span) {
	if w.over.Load() {
		return
	}
	v := w.verdictOf(s)
	switch {
	case v == no:
	case v == yes && w.found != nil:
		w.succeed(&candidate{root: s})
	default:
		w.add(s, v)
	}
}

// verdictOf returns whether s matches. If its function is new, verdictOf has the
// goroutine that waits match the name.
func (w *spanWait) verdictOf(s *monkit.Span) verdict {
	m := w.matcher
	if !m.matchesSpan(s) {
		return no
	}
	if m.regex == nil {
		return yes
	}
	f := s.Func()
	if v, ok := w.verdicts.Load(f); ok {
		return v.(verdict)
	}
	if m.preselect {
		return no
	}
	if _, ok := w.verdicts.LoadOrStore(f, undecided); !ok {
		select {
		case w.undecided <- f:
		default:
			w.verdicts.Delete(f) // its next run tries again
			return no
		}
	}
	return undecided
}

// add makes s a candidate, if there is room. Without a least duration, the first
// span that matches is the one.
func (w *spanWait) add(s *monkit.Span, v verdict) {
	if w.full.Load() {
		return
	}
	w.settle(func() bool {
		if now, ok := w.verdicts.Load(s.Func()); ok && v == undecided { // decide may have come before
			v = now.(verdict)
		}
		if v == no || w.full.Load() || w.over.Load() {
			return false
		}
		i := 0
		for w.candidates[i].root != nil {
			i++
		}
		w.added++
		c := &w.candidates[i]
		c.root, c.number, c.verdict = s, w.added, v
		w.traces[i].Store(s.Trace())
		w.used++
		w.full.Store(w.used == maxCandidates)
		return v == yes && w.minDuration <= 0 // it may be the one
	})
}

// watches reports whether a candidate of t runs.
func (w *spanWait) watches(t *monkit.Trace) bool {
	for i := range w.traces {
		if w.traces[i].Load() == t {
			return true
		}
	}
	return false
}

// finish is called when s has ended, by the goroutine that ran it.
func (w *spanWait) finish(s *monkit.Span, err error, panicked bool, finish time.Time) {
	t := s.Trace()
	if !w.watches(t) {
		return
	}
	w.settle(func() (changed bool) {
		for i := range w.candidates {
			if w.traces[i].Load() != t {
				continue
			}
			switch c := &w.candidates[i]; {
			case c.root != s && w.found == nil:
				c.collect(FinishedSpan{Span: s, Err: err, Panicked: panicked, Finish: finish})
			case c.root != s:
			case w.minDuration > 0 && finish.Sub(s.Start()) < w.minDuration:
				w.removeLocked(i)
			case w.found != nil:
				c.verdict, changed = no, true
			default:
				changed = true
				c.ended, c.end = true, FinishedSpan{Span: s, Err: err, Panicked: panicked, Finish: finish}
				w.traces[i].Store(nil)
			}
		}
		return changed
	})
}

// decide matches the name of f and settles its candidates.
func (w *spanWait) decide(f *monkit.Func) {
	v := w.matcher.verdict(f)
	w.settle(func() bool {
		w.verdicts.Store(f, v)
		for i := range w.candidates {
			if c := &w.candidates[i]; c.root != nil && c.root.Func() == f {
				c.verdict = v
			}
		}
		return true
	})
}

// settle changes candidates and, if change reports that there may be one that
// matches now or no longer, succeeds with the first that matches.
func (w *spanWait) settle(change func() bool) {
	var c *candidate
	w.mu.Lock()
	if change() {
		c = w.settleLocked()
	}
	w.mu.Unlock()
	if c != nil {
		w.succeed(c)
	}
}

// settleLocked removes the candidates that do not match. It returns a copy of the
// first that matches, or nil. Those that run or are undecided stay.
func (w *spanWait) settleLocked() (first *candidate) {
	sure := false
	for i := range w.candidates {
		c := &w.candidates[i]
		if c.root == nil {
			continue
		}
		switch v := w.outcome(c); {
		case v == no:
			w.removeLocked(i)
		case v == yes && (first == nil || c.number < first.number):
			copied := *c
			first = &copied
		case c.verdict == yes:
			sure = true
		}
	}
	w.full.Store(w.used == maxCandidates || sure && w.minDuration <= 0)
	return first
}

// outcome returns whether c is what w waits for, as far as it is known.
func (w *spanWait) outcome(c *candidate) verdict {
	switch {
	case c.verdict == no:
		return no
	case c.verdict == yes && (w.found != nil || c.ended):
		return yes
	default:
		return undecided
	}
}

// removeLocked removes candidate i, which makes room for another.
func (w *spanWait) removeLocked(i int) {
	w.traces[i].Store(nil)
	w.used--
	w.full.Store(false)
	c := &w.candidates[i]
	c.root, c.spans = nil, nil
	if c.ended { // most have not: clearing less is faster
		c.ended, c.end = false, FinishedSpan{}
	}
}

// succeed ends the wait with c, unless it has ended. It ends even if found panics.
func (w *spanWait) succeed(c *candidate) {
	if !w.over.CompareAndSwap(false, true) {
		return
	}
	w.result = c
	defer close(w.done)
	if w.found != nil {
		w.found(c.root)
	}
}
