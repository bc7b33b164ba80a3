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
// matched.
type spanWait struct {
	matcher     *Matcher
	minDuration time.Duration      // shorter spans are passed over
	found       func(*monkit.Span) // called when a span matches; if nil, spans are collected until it ends

	verdicts  sync.Map          // *monkit.Func → verdict
	undecided chan *monkit.Func // functions whose verdict is undecided
	done      chan struct{}     // closed when the wait has succeeded
	result    *candidate        // set before done is closed
	over      atomic.Bool       // no more spans are needed
	open      atomic.Int64      // the number of candidates

	mu         sync.Mutex
	candidates []*candidate // guarded by mu
}

// candidate is a run that matches, or may match.
type candidate struct {
	root      *monkit.Span
	trace     *monkit.Trace
	verdict   verdict
	collector *SpanCollector
	ended     bool
	took      time.Duration // set when it ended
}

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
	w.setLocked(nil)
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
	w.mu.Lock()
	defer w.mu.Unlock()
	if now, ok := w.verdicts.Load(s.Func()); ok && v == undecided { // decide may have come before
		v = now.(verdict)
	}
	if v == no || w.over.Load() || len(w.candidates) >= maxCandidates {
		return
	}
	for _, c := range w.candidates {
		if c.verdict == yes && w.minDuration <= 0 {
			return
		}
	}
	c := &candidate{root: s, trace: s.Trace(), verdict: v, collector: NewSpanCollector(nil)}
	c.collector.ForceStart(s)
	w.setLocked(append(w.candidates, c))
}

// finish is called when s has ended, by the goroutine that ran it.
func (w *spanWait) finish(s *monkit.Span, err error, panicked bool, finish time.Time) {
	if w.open.Load() == 0 {
		return
	}
	w.settle(func() {
		for _, c := range w.candidates {
			if c.trace != s.Trace() {
				continue
			}
			c.collector.Finish(s, err, panicked, finish)
			if c.root == s {
				c.ended, c.took = true, finish.Sub(s.Start())
			}
		}
	})
}

// decide matches the name of f and settles its candidates.
func (w *spanWait) decide(f *monkit.Func) {
	v := w.matcher.verdict(f)
	w.settle(func() {
		w.verdicts.Store(f, v)
		for _, c := range w.candidates {
			if c.root.Func() == f {
				c.verdict = v
			}
		}
	})
}

// settle changes candidates and succeeds with the first that matches now.
func (w *spanWait) settle(change func()) {
	w.mu.Lock()
	change()
	c := w.settleLocked()
	w.mu.Unlock()
	if c != nil {
		w.succeed(c)
	}
}

// settleLocked returns the first candidate that matches, or nil, and removes
// those that do not. Those that run or are undecided stay.
func (w *spanWait) settleLocked() *candidate {
	var left []*candidate
	for _, c := range w.candidates {
		switch {
		case c.verdict == no:
		case c.verdict == undecided:
			left = append(left, c)
		case w.found != nil && !c.ended, w.found == nil && c.ended && c.took >= w.minDuration:
			return c
		case !c.ended:
			left = append(left, c)
		}
	}
	w.setLocked(left)
	return nil
}

// setLocked replaces the candidates.
func (w *spanWait) setLocked(candidates []*candidate) {
	w.candidates = candidates
	w.open.Store(int64(len(candidates)))
}

// succeed ends the wait with c, unless it has ended.
func (w *spanWait) succeed(c *candidate) {
	if !w.over.CompareAndSwap(false, true) {
		return
	}
	w.result = c
	if w.found != nil {
		w.found(c.root)
	}
	close(w.done)
}
