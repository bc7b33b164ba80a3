package tracing

import (
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"monkit.example/monkit"
)

func TestCollectSpansReturnsTheSpansOfWork(t *testing.T) {
	s := monkit.NewRegistry().ScopeNamed("s")
	var spans []*FinishedSpan
	run(context.Background(), s.FuncNamed("outer"), nil, func(ctx context.Context) {
		run(ctx, s.FuncNamed("before"), nil, nil)
		spans = CollectSpans(ctx, func(ctx context.Context) {
			run(ctx, s.FuncNamed("a"), io.EOF, func(ctx context.Context) { run(ctx, s.FuncNamed("b"), nil, nil) })
			run(ctx, s.FuncNamed("c"), nil, nil)
		})
		run(ctx, s.FuncNamed("after"), nil, nil)
	})
	if got, want := names(spans), []string{"outer-TRACED", "a", "b", "c"}; !slices.Equal(got, want) {
		t.Fatalf("collected %v, want %v", got, want)
	}
	if spans[1].Err != io.EOF || spans[2].Err != nil || spans[1].Panicked {
		t.Errorf("a ended with %v, b with %v", spans[1].Err, spans[2].Err)
	}
	if spans[1].Finish.Before(spans[1].Span.Start()) {
		t.Error("a ended before it started")
	}
}

func TestCollectSpansWithoutASpanOnlyRunsWork(t *testing.T) {
	ran := false
	if spans := CollectSpans(context.Background(), func(context.Context) { ran = true }); spans != nil || !ran {
		t.Errorf("collected %v, ran: %v", spans, ran)
	}
}

// Fault 5.3 of monkit/v3: the observer of CollectSpans stayed on the trace, and
// kept its spans in memory.
func TestFaultCollectSpansLeavesNothingOnTheTrace(t *testing.T) {
	s := monkit.NewRegistry().ScopeNamed("s")
	run(context.Background(), s.FuncNamed("outer"), nil, func(ctx context.Context) {
		released := whenReleased(CollectSpans(ctx, func(ctx context.Context) { run(ctx, s.FuncNamed("a"), nil, nil) }))
		if !released() {
			t.Error("the collected spans stay in memory while the trace is open")
		}
	})
}

func TestWatchForSpansLeavesNothingOnTheTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		s := r.ScopeNamed("s")
		run(t.Context(), s.FuncNamed("outer"), nil, func(ctx context.Context) {
			watched := make(chan []*FinishedSpan)
			go func() {
				spans, _ := WatchForSpans(t.Context(), r, named("a"))
				watched <- spans
			}()
			synctest.Wait()
			run(ctx, s.FuncNamed("a"), nil, nil)
			if released := whenReleased(<-watched); !released() {
				t.Error("the collected spans stay in memory while the trace is open")
			}
		})
	})
}

// whenReleased returns a function that reports whether the garbage collector
// has released the first span.
func whenReleased(spans []*FinishedSpan) (released func() bool) {
	var cleaned atomic.Bool
	runtime.AddCleanup(spans[0], func(b *atomic.Bool) { b.Store(true) }, &cleaned)
	return func() bool {
		for range 100 {
			if runtime.GC(); cleaned.Load() {
				return true
			}
			runtime.Gosched()
		}
		return false
	}
}

func TestCollectorRecordsPanics(t *testing.T) {
	s := monkit.NewRegistry().ScopeNamed("s")
	var spans []*FinishedSpan
	run(context.Background(), s.FuncNamed("outer"), nil, func(ctx context.Context) {
		spans = CollectSpans(ctx, func(ctx context.Context) {
			defer func() { recover() }()
			run(ctx, s.FuncNamed("a"), nil, func(context.Context) { panic("x") })
		})
	})
	if len(spans) != 2 || !spans[1].Panicked || spans[0].Panicked {
		t.Errorf("collected %v", names(spans))
	}
}

// Fault 5.3 of monkit/v3: a collector kept all spans of a trace.
func TestFaultCollectorIsBounded(t *testing.T) {
	s := monkit.NewRegistry().ScopeNamed("s")
	c := NewSpanCollector(nil)
	const excess = 7
	run(context.Background(), s.FuncNamed("outer"), nil, func(ctx context.Context) {
		root := monkit.SpanFromCtx(ctx)
		c.ForceStart(root)
		root.Trace().ObserveSpans(c)
		inner := s.FuncNamed("inner")
		for range MaxSpans - 1 + excess {
			run(ctx, inner, nil, nil)
		}
	})
	if got := len(c.Spans()); got != MaxSpans || c.Dropped() != excess {
		t.Errorf("collected %d and dropped %d, want %d and %d", got, c.Dropped(), MaxSpans, excess)
	}
}

// The caller of a span may be missing, because it has not ended or was dropped.
func TestSpanIsBelowItsNearestCollectedAncestor(t *testing.T) {
	s := monkit.NewRegistry().ScopeNamed("s")
	var spans []*FinishedSpan
	var ends []func(*error)
	run(context.Background(), s.FuncNamed("outer"), nil, func(ctx context.Context) {
		spans = CollectSpans(ctx, func(ctx context.Context) {
			for _, name := range []string{"still", "open"} {
				ends = append(ends, s.FuncNamed(name).Task(&ctx))
			}
			run(ctx, s.FuncNamed("b"), nil, func(ctx context.Context) { run(ctx, s.FuncNamed("c"), nil, nil) })
			run(ctx, s.FuncNamed("d"), nil, nil)
		})
	})
	for _, end := range ends {
		end(nil)
	}
	if got, want := names(spans), []string{"outer-TRACED", "b", "c", "d"}; !slices.Equal(got, want) {
		t.Fatalf("collected %v, want %v", got, want)
	}
	var parents []int
	for _, r := range rowsOf(spans) {
		parents = append(parents, r.parent)
	}
	if want := []int{-1, 0, 1, 0}; !slices.Equal(parents, want) {
		t.Errorf("parents are the rows %v, want %v", parents, want)
	}
}

func TestCollectorIsEmptyUntilItsRootEnds(t *testing.T) {
	s := monkit.NewRegistry().ScopeNamed("s")
	c := NewSpanCollector(named("a"))
	run(context.Background(), s.FuncNamed("outer"), nil, func(ctx context.Context) {
		monkit.SpanFromCtx(ctx).Trace().ObserveSpans(c)
		run(ctx, s.FuncNamed("a"), nil, func(ctx context.Context) {
			run(ctx, s.FuncNamed("b"), nil, nil)
			if got := c.Spans(); len(got) != 0 {
				t.Errorf("%v before a ended", names(got))
			}
			c.Stop()
			c.Stop()
		})
	})
	<-c.Done()
	if got := c.Spans(); len(got) != 0 {
		t.Errorf("%v after Stop", names(got))
	}
}

func TestMatcherIsNotCalledAfterTheRootHasStarted(t *testing.T) {
	s := monkit.NewRegistry().ScopeNamed("s")
	calls := 0
	c := NewSpanCollector(func(*monkit.Span) bool { calls++; return true })
	run(context.Background(), s.FuncNamed("outer"), nil, func(ctx context.Context) {
		monkit.SpanFromCtx(ctx).Trace().ObserveSpans(c)
		run(ctx, s.FuncNamed("a"), nil, func(ctx context.Context) { run(ctx, s.FuncNamed("b"), nil, nil) })
	})
	if calls != 1 {
		t.Errorf("matcher was called %d times, want once", calls)
	}
}

func TestForceStartKeepsTheFirstRoot(t *testing.T) {
	s := monkit.NewRegistry().ScopeNamed("s")
	c := NewSpanCollector(nil)
	run(context.Background(), s.FuncNamed("a"), nil, func(ctx context.Context) {
		c.ForceStart(monkit.SpanFromCtx(ctx))
		monkit.SpanFromCtx(ctx).Trace().ObserveSpans(c)
		run(ctx, s.FuncNamed("b"), nil, func(ctx context.Context) { c.ForceStart(monkit.SpanFromCtx(ctx)) })
	})
	if got, want := names(c.Spans()), []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("collected %v, want %v", got, want)
	}
}

// A span of another trace may claim the root as its parent.
func TestCollectorIgnoresOtherTraces(t *testing.T) {
	r := monkit.NewRegistry()
	s := r.ScopeNamed("s")
	c := NewSpanCollector(named("a"))
	defer ObserveAllTraces(r, c)()
	run(context.Background(), s.FuncNamed("a"), nil, func(ctx context.Context) {
		other := context.Background()
		s.FuncNamed("other").RemoteTrace(&other, monkit.SpanFromCtx(ctx).Id(), monkit.NewTrace(1))(nil)
	})
	if got, want := names(c.Spans()), []string{"a"}; !slices.Equal(got, want) {
		t.Errorf("collected %v, want %v", got, want)
	}
}

// A span may end at the same time as the root.
func TestCollectorIgnoresSpansThatEndAfterTheRoot(t *testing.T) {
	c := NewSpanCollector(nil)
	spans := outcomes()
	c.add(spans[0], true)
	c.add(spans[1], false)
	if got, want := names(c.Spans()), names(spans[:1]); !slices.Equal(got, want) {
		t.Errorf("collected %v, want %v", got, want)
	}
}

func TestCollectorHandlesACircleOfParents(t *testing.T) {
	s := monkit.NewRegistry().ScopeNamed("s")
	c := NewSpanCollector(nil)
	trace := monkit.NewTrace(1)
	trace.ObserveSpans(c)
	ctx := context.Background()
	finish := s.FuncNamed("outer").RemoteTrace(&ctx, 5, trace)
	outer := monkit.SpanFromCtx(ctx)
	c.ForceStart(outer)
	inner := context.Background()
	s.FuncNamed("inner").RemoteTrace(&inner, outer.Id(), trace)(nil)
	circle := context.Background()
	s.FuncNamed("circle").RemoteTrace(&circle, monkit.SpanFromCtx(inner).Id(), trace)(nil)
	finish(nil)
	spans := c.Spans()
	if got := names(spans); !slices.Equal(got, []string{"outer", "inner", "circle"}) {
		t.Fatalf("collected %v", got)
	}
	if got := newTree([]*FinishedSpan{spans[1], spans[2]}); len(got.roots) != 1 {
		t.Errorf("%d roots", len(got.roots))
	}
}

func TestWatchForSpansReturnsTheMatchingSpanAndItsDescendants(t *testing.T) {
	for _, tt := range []struct {
		name  string
		match string
		want  []string
	}{
		{"root of a new trace", "outer", []string{"outer", "mid", "leaf"}},
		{"span within a trace", "mid", []string{"mid", "leaf"}},
		{"span without children", "leaf", []string{"leaf"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := monkit.NewRegistry()
				s := r.ScopeNamed("s")
				got := make(chan []string)
				go func() {
					spans, err := WatchForSpans(t.Context(), r, named(tt.match))
					if err != nil {
						t.Error(err)
					}
					got <- names(spans)
				}()
				synctest.Wait()
				run(t.Context(), s.FuncNamed("outer"), nil, func(ctx context.Context) {
					run(ctx, s.FuncNamed("mid"), nil, func(ctx context.Context) { run(ctx, s.FuncNamed("leaf"), nil, nil) })
				})
				if got := <-got; !slices.Equal(got, tt.want) {
					t.Errorf("got %v, want %v", got, tt.want)
				}
			})
		})
	}
}

func TestWatchForSpansReturnsWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	spans, err := WatchForSpans(ctx, monkit.NewRegistry(), named("a"))
	if spans != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", spans, err)
	}
}
