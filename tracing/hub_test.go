package tracing

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
)

// watched waits with a query and returns what Watch returns.
type watched struct {
	spans []*FinishedSpan
	err   error
	done  chan struct{}
}

// watch starts to wait in a synctest bubble.
func watch(ctx context.Context, t *testing.T, r *monkit.Registry, m *Matcher, least time.Duration) *watched {
	t.Helper()
	w := &watched{done: make(chan struct{})}
	go func() {
		defer close(w.done)
		w.spans, w.err = m.Watch(ctx, r, least)
	}()
	synctest.Wait()
	return w
}

func compiled(t *testing.T, q Query) *Matcher {
	t.Helper()
	m, err := q.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFirstRunOfANewFunctionIsWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		s := r.ScopeNamed("s")
		w := watch(t.Context(), t, r, compiled(t, Query{Regex: "late$"}), 0)
		run(t.Context(), s.FuncNamed("other"), nil, nil)
		run(t.Context(), s.FuncNamed("late"), io.EOF, func(ctx context.Context) { run(ctx, s.FuncNamed("below"), nil, nil) })
		<-w.done
		if got := names(w.spans); w.err != nil || !slices.Equal(got, []string{"late", "below"}) || w.spans[0].Err != io.EOF {
			t.Errorf("%v, %v", got, w.err)
		}
	})
}

// TestNamesAreMatchedByTheGoroutineThatWaits starts a run while that goroutine
// cannot match.
func TestNamesAreMatchedByTheGoroutineThatWaits(t *testing.T) {
	r := monkit.NewRegistry()
	m := compiled(t, Query{Regex: "."})
	w := newSpanWait(m)
	defer joinHub(r, w)()
	run(t.Context(), r.ScopeNamed("s").FuncNamed("f"), nil, nil)
	select {
	case <-w.done:
		t.Fatal("the goroutine of the program matched the name")
	case f := <-w.undecided:
		w.decide(f)
	}
	<-w.done
	if got := names(w.result.collected()); !slices.Equal(got, []string{"f"}) {
		t.Errorf("got %v", got)
	}
}

func TestUndecidedFunctionsAreBounded(t *testing.T) {
	r := monkit.NewRegistry()
	w := newSpanWait(compiled(t, Query{Regex: "^s.match$"}))
	defer joinHub(r, w)()
	for i := range 10 * maxUndecided {
		run(t.Context(), r.ScopeNamed("s").FuncNamed(fmt.Sprint("f", i)), nil, nil)
	}
	if n, open := len(w.undecided), running(w); n != maxUndecided || open > maxCandidates {
		t.Errorf("%d functions are undecided, %d runs are candidates", n, open)
	}
	for len(w.undecided) > 0 {
		w.decide(<-w.undecided)
	}
	if n := running(w); n != 0 {
		t.Errorf("%d candidates are left of functions that do not match", n)
	}
	match := r.ScopeNamed("s").FuncNamed("match")
	run(t.Context(), match, nil, nil)
	w.decide(<-w.undecided)
	<-w.done
}

func TestFunctionIsMatchedAgainAfterThereWasNoRoom(t *testing.T) {
	r := monkit.NewRegistry()
	w := newSpanWait(compiled(t, Query{Regex: "match"}))
	defer joinHub(r, w)()
	for i := range maxUndecided {
		run(t.Context(), r.ScopeNamed("s").FuncNamed(fmt.Sprint("f", i)), nil, nil)
	}
	match := r.ScopeNamed("s").FuncNamed("match")
	run(t.Context(), match, nil, nil)
	for len(w.undecided) > 0 {
		w.decide(<-w.undecided)
	}
	run(t.Context(), match, nil, nil)
	w.decide(<-w.undecided)
	<-w.done
}

func TestWatchSeesRunsThatOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		f := r.ScopeNamed("s").FuncNamed("f")
		w := watch(t.Context(), t, r, compiled(t, Query{Regex: "f"}), 3*time.Second)
		for i := range maxCandidates {
			go func() {
				run(context.Background(), f, nil, func(context.Context) { time.Sleep(time.Duration(i) * time.Second) })
			}()
		}
		<-w.done
		if d := w.spans[0].Finish.Sub(w.spans[0].Span.Start()); w.err != nil || d != 3*time.Second {
			t.Errorf("a run of %v, %v; want the first that takes 3 s", d, w.err)
		}
		time.Sleep(time.Minute)
	})
}

func TestWithoutLeastDurationTheFirstRunIsTheOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		f := r.ScopeNamed("s").FuncNamed("f")
		w := watch(t.Context(), t, r, compiled(t, Query{Regex: "f"}), 0)
		run(t.Context(), f, io.EOF, func(context.Context) { run(context.Background(), f, nil, nil) })
		<-w.done
		if w.spans[0].Err != io.EOF {
			t.Errorf("got %v", names(w.spans))
		}
	})
}

func TestFindCallsBackOnce(t *testing.T) {
	for name, regex := range map[string]string{"known function": "known", "new function": "new"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := monkit.NewRegistry()
				s := r.ScopeNamed("s")
				s.FuncNamed("known")
				var found []string
				done := make(chan error, 1)
				go func() {
					done <- compiled(t, Query{Regex: regex}).Find(t.Context(), r, func(sp *monkit.Span) {
						found = append(found, sp.Func().ShortName())
						run(context.Background(), s.FuncNamed("within"), nil, nil) // observers may run measured code
					})
				}()
				synctest.Wait()
				for range 3 {
					for _, name := range []string{"known", "new"} {
						run(t.Context(), s.FuncNamed(name), nil, func(context.Context) { time.Sleep(time.Second) })
					}
				}
				if err := <-done; err != nil || !slices.Equal(found, []string{regex}) {
					t.Errorf("found %v, %v", found, err)
				}
			})
		})
	}
}

func TestWatchEndsWhileItMatches(t *testing.T) {
	r := monkit.NewRegistry()
	for i := range 100 {
		r.ScopeNamed("s").FuncNamed(fmt.Sprint("f", i))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m := compiled(t, Query{Regex: "nothing", Preselect: true})
	w := newSpanWait(m)
	if err := w.run(ctx, r); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

// TestExpensiveRegexIsRefused has patterns with nested repetitions: package
// regexp/syntax alone allows programs of more than three million instructions
// (golang/go#30041 and RE2's max_mem are about such patterns).
func TestExpensiveRegexIsRefused(t *testing.T) {
	for pattern, allowed := range map[string]bool{
		`^my/scope\.(Get|Put)[A-Z]\w*$`: true, `a{1000}`: false, `a{700}`: true, `(a{30}){30}`: false,
		`(a{0,}){1000}`: false, `(x*){1000}`: false, `(?:\pL{20}){20}`: true, `(?:.{100}){10}`: false, `.{1000}`: false, `(a|b|c){400}`: false,
		strings.Repeat("a", maxRegex): true, strings.Repeat("a|", maxRegex/2-1) + "b": true, strings.Repeat("(a)", maxRegex/3): true,
		strings.Repeat(`\pL`, maxRegex/3): true, strings.Repeat("a{9}", maxRegex/4): false, strings.Repeat("(", 200) + strings.Repeat(")", 200): true,
		`(?:(?:(?:(?:(?:x{2}){2}){2}){2}){2}){2}`: true, `(x{900}|y{900})`: false, `(?i:k{700})`: true,
	} {
		_, err := Query{Regex: pattern}.Compile()
		if (err == nil) != allowed {
			t.Errorf("%.60s: %v", pattern, err)
		}
		if err != nil && !strings.Contains(err.Error(), "repeats too much") {
			t.Errorf("%.60s: %v", pattern, err)
		}
	}
}

// FuzzProgramSize compares the estimate with the programs that are compiled.
func FuzzProgramSize(f *testing.F) {
	for _, seed := range []string{"a", "(a|b)*c{3,5}", `^\pL+$`, "(a{30}){30}", "(?i)k{2}", "[^a]{0,9}?", "", "()", "a{2,}", "(|a)+", `\b\B(?s).`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		re, err := compileRegex(pattern)
		if err != nil {
			return
		}
		if n := instructions(t, re); n > 2*maxProgram {
			t.Errorf("%q has %d instructions, and is allowed", pattern, n)
		}
	})
}

func TestHubLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		s := r.ScopeNamed("s")
		ctx, cancel := context.WithCancel(t.Context())
		run(t.Context(), s.FuncNamed("open"), nil, func(inner context.Context) {
			var all []*watched
			for range 3 {
				all = append(all, watch(ctx, t, r, compiled(t, Query{Regex: "never"}), 0))
			}
			h := hubs.all[r]
			if n := held(h); n != 1 {
				t.Errorf("the hub holds %d traces, want the one that is open", n)
			}
			remote := monkit.NewTrace(7)
			for range 100 {
				run(context.Background(), s.FuncNamed("f"), nil, nil)
				again := context.Background()
				s.FuncNamed("f").RemoteTrace(&again, 0, remote)(nil)
			}
			if n := held(h); n != 1 || len(hubs.all) != 1 {
				t.Errorf("the hub holds %d traces after they ended; there are %d hubs", n, len(hubs.all))
			}
			cancel()
			for _, w := range all {
				<-w.done
			}
			if n := held(h); n != 0 || len(hubs.all) != 0 {
				t.Errorf("the hub holds %d traces after the last wait; there are %d hubs", n, len(hubs.all))
			}
		})
	})
}

// held returns how many traces h is attached to.
func held(h *hub) (n int) {
	for i := range h.attached {
		part := &h.attached[i]
		part.mu.Lock()
		n += len(part.observers)
		part.mu.Unlock()
	}
	return n
}

func TestTraceThatContinuesIsSeenAgainOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		f := r.ScopeNamed("s").FuncNamed("f")
		var starts atomic.Int64
		w := newSpanWait(MatchBy(func(*monkit.Span) bool { starts.Add(1); return false }))
		defer joinHub(r, w)()
		remote := monkit.NewTrace(7)
		for range 5 {
			outer, inner := context.Background(), context.Background()
			finish := f.RemoteTrace(&outer, 0, remote)
			f.RemoteTrace(&inner, 0, remote)(nil)
			finish(nil)
		}
		if n := starts.Load(); n != 10 {
			t.Errorf("10 spans were seen %d times", n)
		}
	})
}

func TestPanicOfAMatcherHidesNothingFromOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		panics := newSpanWait(MatchBy(func(*monkit.Span) bool { panic("odd") }))
		defer joinHub(r, panics)()
		w := watch(t.Context(), t, r, MatchBy(named("f")), 0)
		run(t.Context(), r.ScopeNamed("s").FuncNamed("f"), nil, nil)
		<-w.done
		if got := names(w.spans); !slices.Equal(got, []string{"f"}) {
			t.Errorf("got %v", got)
		}
	})
}

// TestWaitsComeAndGoWhileSpansRun is for the race detector.
func TestWaitsComeAndGoWhileSpansRun(t *testing.T) {
	r := monkit.NewRegistry()
	ctx, cancel := context.WithCancel(t.Context())
	var program, waits sync.WaitGroup
	for g := range 3 {
		program.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				s := r.ScopeNamed("s")
				run(context.Background(), s.FuncNamed(fmt.Sprint("f", g, i%50)), nil, func(ctx context.Context) { run(ctx, s.FuncNamed("in"), nil, nil) })
			}
		})
	}
	for range 8 {
		waits.Go(func() {
			for i := range 20 {
				spans, err := compiled(t, Query{Regex: fmt.Sprintf("f[012]%d$|in", i)}).Watch(ctx, r, time.Duration(i%2))
				if err != nil || len(spans) == 0 {
					t.Errorf("%d spans, %v", len(spans), err)
				}
				if err := MatchBy(named("in")).Find(ctx, r, func(*monkit.Span) {}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	waits.Wait()
	cancel()
	program.Wait()
	if n := len(hubs.all); n != 0 {
		t.Errorf("%d hubs are left", n)
	}
}

// instructions returns the size of the program of re.
func instructions(t *testing.T, re *regexp.Regexp) int {
	t.Helper()
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		t.Fatal(err)
	}
	return len(program.Inst)
}

func TestMatcherIsNotCalledAfterTheWait(t *testing.T) {
	r := monkit.NewRegistry()
	calls := 0
	w := newSpanWait(MatchBy(func(*monkit.Span) bool { calls++; return false }))
	defer joinHub(r, w)()
	run(t.Context(), r.ScopeNamed("s").FuncNamed("f"), nil, nil)
	w.stop()
	run(t.Context(), r.ScopeNamed("s").FuncNamed("f"), nil, nil)
	if calls != 1 {
		t.Errorf("the matcher was called %d times, want once", calls)
	}
}
