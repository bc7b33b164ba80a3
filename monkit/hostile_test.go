package monkit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// hostile is an error whose methods call the functions in it.
type hostile struct {
	is, as, unwrap func()
	wrapped        error
}

func (*hostile) Error() string { panic("Error") }

func (h *hostile) Is(error) bool {
	if h.is != nil {
		h.is()
	}
	return false
}

func (h *hostile) As(any) bool {
	if h.as != nil {
		h.as()
	}
	return false
}

func (h *hostile) Unwrap() error {
	if h.unwrap != nil {
		h.unwrap()
	}
	return h.wrapped
}

// wideError wraps many errors, as errors.Join does.
type wideError struct{ all []error }

func (wideError) Error() string     { return "wide" }
func (e wideError) Unwrap() []error { return e.all }

// TestHostileErrorsAreNamed ends runs with errors whose methods read the registry,
// panic, or lead round in circles.
func TestHostileErrorsAreNamed(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	f := s.FuncNamed("f")
	reads := func() { Collect(r); f.Errors(); f.Reset(); s.Counter("made while naming").Inc(1) }
	panics := func() { panic("no") }
	cycle := &hostile{}
	cycle.wrapped = fmt.Errorf("around: %w", cycle)
	forest := &wideError{}
	for range 100 {
		forest.all = append(forest.all, forest, nil, errors.Join(forest, cycle))
	}
	for name, tt := range map[string]struct {
		err    error
		want   string
		panics int64
	}{
		"Is reads the registry":      {&hostile{is: reads}, systemError, 0},
		"Unwrap reads the registry":  {&hostile{unwrap: reads, wrapped: io.EOF}, "EOF", 0},
		"Is panics":                  {&hostile{is: panics}, systemError, 1},
		"Unwrap panics":              {&hostile{unwrap: panics}, systemError, 1},
		"As is not called":           {&hostile{as: panics}, systemError, 0},
		"a cycle":                    {cycle, systemError, 0},
		"a forest of itself":         {forest, systemError, 0},
		"a million errors":           {wideError{make([]error, 1e6)}, systemError, 0},
		"nil among joined errors":    {wideError{[]error{nil, io.EOF}}, "EOF", 0},
		"deeper than is searched":    {deep(maxErrorDepth, io.EOF), systemError, 0},
		"as deep as is searched":     {deep(maxErrorDepth-1, io.EOF), "EOF", 0},
		"wraps nothing":              {&hostile{}, systemError, 0},
		"joined of joined":           {errors.Join(errors.Join(errors.New("x")), errors.Join(io.ErrNoProgress)), "No Progress Error", 0},
		"a name is cut at its runes": {&namedError{strings.Repeat("é", maxErrorName)}, strings.Repeat("é", maxErrorName/2), 0},
	} {
		before := s.health.panics.Load()
		done := make(chan struct{})
		go func() {
			defer close(done)
			f.Task(nil)(&tt.err)
		}()
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Fatalf("%s: naming the error waits for ever", name)
		}
		if f.Errors()[tt.want] == 0 || s.health.panics.Load()-before != tt.panics {
			t.Errorf("%s: errors %v, %d panics", name, f.Errors(), s.health.panics.Load()-before)
		}
		f.Reset()
	}
	if got := boundedName("x" + strings.Repeat("é", maxErrorName)); !utf8.ValidString(got) || len(got) > maxErrorName {
		t.Errorf("a name is cut to %q", got)
	}
}

func deep(n int, err error) error {
	for range n {
		err = fmt.Errorf("in: %w", err)
	}
	return err
}

// greedy is an aggregation each of whose functions uses the scope s.
func greedy(s *Scope) Aggregate {
	return func() (func(float64), func() (string, float64)) {
		s.Counter("made while making").Inc(1)
		return func(float64) { s.Counter("made while observing").Inc(1) },
			func() (string, float64) { s.Counter("made while reporting").Inc(1); return "f", 1 }
	}
}

// TestUserCodeUsesTheScopeItIsCalledFrom makes a metric in every kind of
// function and value that a user passes to a scope.
func TestUserCodeUsesTheScopeItIsCalledFrom(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	usedScope = s
	withHandlers(t, func(error) (string, bool) { s.Counter("made while naming").Inc(1); return "", false })
	r.ObserveTraces(func(*Trace) { s.Counter("made while tracing").Inc(1) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.RawValk(NewSeriesKey("raw"), greedy(s)).Observe(1)
		s.Gauge("g", func() float64 { s.Counter("made while asked").Inc(1); return 1 })
		ctx := context.Background()
		err := io.EOF
		defer s.FuncNamed("f").Task(&ctx, using(1))(&err)
		SpanFromCtx(ctx).AnnotateValue("key", using(1))
		SpanFromCtx(ctx).Args()
		Collect(r)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("user code waits for ever")
	}
	got := Collect(r)
	for _, when := range []string{"making", "observing", "reporting", "naming", "tracing", "asked", "formatted", "printed"} {
		if got["made\\ while\\ "+when+",scope=s value"] == 0 {
			t.Errorf("nothing was made while %s: %v", when, got)
		}
	}
	if n := s.health.panics.Load(); n != 0 {
		t.Errorf("%d panics", n)
	}
}

// using is a value whose String and GoString use usedScope.
type using int

var usedScope *Scope

func (using) String() string   { usedScope.Counter("made while printed").Inc(1); return "using" }
func (using) GoString() string { usedScope.Counter("made while formatted").Inc(1); return "using" }

// TestAggregationsThatPanicWhenMade are left out.
func TestAggregationsThatPanicWhenMade(t *testing.T) {
	s := NewRegistry().ScopeNamed("s")
	v := s.RawValk(NewSeriesKey("v"), func() (func(float64), func() (string, float64)) { panic("no") }, nil, Count)
	v.Observe(1)
	if got := Collect(v); len(got) != 2 || got["v,scope=s count"] != 1 || s.health.panics.Load() != 2 {
		t.Errorf("samples %v, %d panics", got, s.health.panics.Load())
	}
}

// TestRunsTakeNoSharedLock runs functions while the test holds every lock that
// runs share.
func TestRunsTakeNoSharedLock(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	callee := s.FuncNamed("callee")
	var callers []*Func
	for i := range 2 * maxParents {
		callers = append(callers, s.FuncNamed(fmt.Sprint("caller", i)))
	}
	run := func(caller *Func) {
		ctx := context.Background()
		defer caller.Task(&ctx)(nil)
		callee.Task(&ctx)(nil)
		s.Task()(&ctx)(nil)
		s.Start(&ctx).Finish(nil)
		s.Func()
	}
	for _, caller := range callers {
		run(caller)
	}
	r.core.mu.Lock()
	s.mu.Lock()
	s.index.mu.Lock()
	s.sites.mu.Lock()
	callee.parentsMu.Lock()
	for i := range r.core.spans.lists {
		r.core.spans.lists[i].mu.Lock()
	}
	defer func() {
		for i := range r.core.spans.lists {
			r.core.spans.lists[i].mu.Unlock()
		}
		callee.parentsMu.Unlock()
		s.sites.mu.Unlock()
		s.index.mu.Unlock()
		s.mu.Unlock()
		r.core.mu.Unlock()
	}()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, caller := range callers {
			run(caller)
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("a run waits for a lock")
	}
}
