package tracing

import (
	"context"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
)

// log is an observer that records its calls.
type log struct{ lines []string }

func (l *log) Start(s *monkit.Span) { l.lines = append(l.lines, "+"+s.Func().ShortName()) }
func (l *log) Finish(s *monkit.Span, _ error, _ bool, _ time.Time) {
	l.lines = append(l.lines, "-"+s.Func().ShortName())
}

func TestObserveAllTracesSeesOpenAndNewTracesUntilCanceled(t *testing.T) {
	r := monkit.NewRegistry()
	s := r.ScopeNamed("s")
	var l log
	run(context.Background(), s.FuncNamed("open"), nil, func(ctx context.Context) {
		cancel := ObserveAllTraces(r, &l)
		run(ctx, s.FuncNamed("child"), nil, nil)
		run(context.Background(), s.FuncNamed("new"), nil, func(ctx context.Context) {
			remote := context.Background()
			s.FuncNamed("again").RemoteTrace(&remote, 1, monkit.SpanFromCtx(ctx).Trace())(nil)
			cancel()
			run(ctx, s.FuncNamed("unseen"), nil, nil)
		})
		run(ctx, s.FuncNamed("unseen"), nil, nil)
	})
	want := []string{"+child", "-child", "+new", "+again", "-again"}
	if !slices.Equal(l.lines, want) {
		t.Errorf("observed %v, want %v", l.lines, want)
	}
}

// Fault 5.3 of monkit/v3: an observed registry kept every trace that began.
func TestFaultWatchHoldsNoTraces(t *testing.T) {
	r := monkit.NewRegistry()
	f := r.ScopeNamed("s").FuncNamed("f")
	w := newRegistryWatch()
	var l log
	defer w.start(r, func(t *monkit.Trace) { w.attach(t, &l) })()
	const traces = 100
	for range traces {
		run(context.Background(), f, nil, nil)
	}
	if len(l.lines) != 2*traces {
		t.Fatalf("observed %d events, want %d", len(l.lines), 2*traces)
	}
	attached := func() int {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.attached)
	}
	for range 100 {
		if runtime.GC(); attached() == 0 {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d of %d traces are still attached", attached(), traces)
}

func TestCanceledWatchAnnouncesAndAttachesNothing(t *testing.T) {
	r := monkit.NewRegistry()
	f := r.ScopeNamed("s").FuncNamed("f")
	var l log
	announced := 0
	w := newRegistryWatch()
	w.start(r, func(*monkit.Trace) { announced++ })()
	trace := monkit.NewTrace(1)
	w.attach(trace, &l) // a call that began before cancel may come late
	ctx := context.Background()
	f.RemoteTrace(&ctx, 0, trace)(nil)
	if announced != 0 || len(l.lines) != 0 {
		t.Errorf("%d traces announced, observed %v", announced, l.lines)
	}
}

func TestObserveSampledTracesSeesOnlySampledTraces(t *testing.T) {
	for _, tt := range []struct {
		name   string
		choose func(*monkit.Trace) bool
		before func(*monkit.Trace)
		within func(*monkit.Trace)
		want   []string
	}{
		{"not sampled", nil, nil, nil, nil},
		{"sampled before", nil, Sample, nil, []string{"+f", "+in", "-in", "-f"}},
		{"chosen", func(*monkit.Trace) bool { return true }, nil, nil, []string{"+f", "+in", "-in", "-f"}},
		{"not chosen", func(*monkit.Trace) bool { return false }, nil, nil, nil},
		{"decided against", func(*monkit.Trace) bool { return true }, func(t *monkit.Trace) { t.Set(SampledKey, false) }, nil, nil},
		{"sampled late", nil, nil, Sample, []string{"+in", "-in", "-f"}},
		{"value without callback", nil, nil, func(t *monkit.Trace) { t.Set(SampledKey, true) }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := monkit.NewRegistry()
			s := r.ScopeNamed("s")
			var l log
			defer ObserveSampledTraces(r, tt.choose, &l)()
			trace := monkit.NewTrace(1)
			if tt.before != nil {
				tt.before(trace)
			}
			ctx := context.Background()
			finish := s.FuncNamed("f").RemoteTrace(&ctx, 0, trace)
			if tt.within != nil {
				tt.within(trace)
			}
			run(ctx, s.FuncNamed("in"), nil, nil)
			finish(nil)
			if !slices.Equal(l.lines, tt.want) {
				t.Errorf("observed %v, want %v", l.lines, tt.want)
			}
			if chosen := tt.want != nil; chosen && !Sampled(trace) {
				t.Error("the trace is not marked as sampled, so requests do not carry the decision")
			}
		})
	}
}

func TestSampleNotifiesEveryExporterOnce(t *testing.T) {
	r := monkit.NewRegistry()
	f := r.ScopeNamed("s").FuncNamed("f")
	var a, b log
	defer ObserveSampledTraces(r, nil, &a)()
	defer ObserveSampledTraces(r, nil, &b)()
	calls := 0
	trace := monkit.NewTrace(1)
	trace.Set(SampledCBKey, func(*monkit.Trace) { calls++ })
	ctx := context.Background()
	finish := f.RemoteTrace(&ctx, 0, trace)
	again := context.Background()
	f.RemoteTrace(&again, 0, trace)(nil)
	Sample(trace)
	finish(nil)
	if want := []string{"-f"}; !slices.Equal(a.lines, want) || !slices.Equal(b.lines, want) || calls != 1 {
		t.Errorf("exporters observed %v and %v, the callback ran %d times; want %v each, and once", a.lines, b.lines, calls, want)
	}
}

// A trace that copies the values of a trace that copied them too has one
// callback, not one for each copy.
func TestCopiedValuesDoNotAddCallbacks(t *testing.T) {
	r := monkit.NewRegistry()
	f := r.ScopeNamed("s").FuncNamed("f")
	defer ObserveSampledTraces(r, nil, new(log))()
	last := monkit.NewTrace(1)
	var depth []int
	last.Set(SampledCBKey, func(*monkit.Trace) { depth = append(depth, callers()) })
	for i := range 100 {
		ctx := context.Background()
		f.RemoteTrace(&ctx, 0, last)(nil)
		Sample(last)
		next := monkit.NewTrace(int64(i + 2))
		for key, val := range last.GetAll() {
			next.Set(key, val)
		}
		next.Set(SampledKey, false)
		last = next
	}
	if len(depth) != 100 || depth[0] != depth[99] {
		t.Errorf("the last callback is %d calls deep, the first %d", depth[99], depth[0])
	}
}

// callers returns the depth of the stack.
func callers() int { return runtime.Callers(0, make([]uintptr, 1000)) }

// A program may copy the values of a trace except for the callback.
func TestSampleNotifiesForATraceWithoutTheCopiedCallback(t *testing.T) {
	r := monkit.NewRegistry()
	f := r.ScopeNamed("s").FuncNamed("f")
	var l log
	defer ObserveSampledTraces(r, nil, &l)()
	first, second := monkit.NewTrace(1), monkit.NewTrace(2)
	ctx := context.Background()
	f.RemoteTrace(&ctx, 0, first)(nil)
	for key, val := range first.GetAll() {
		if key != SampledCBKey {
			second.Set(key, val)
		}
	}
	ctx = context.Background()
	finish := f.RemoteTrace(&ctx, 0, second)
	Sample(second)
	finish(nil)
	if want := []string{"-f"}; !slices.Equal(l.lines, want) {
		t.Errorf("observed %v, want %v", l.lines, want)
	}
}

func TestSampleNotifiesForATraceWithCopiedValues(t *testing.T) {
	r := monkit.NewRegistry()
	f := r.ScopeNamed("s").FuncNamed("f")
	var l log
	defer ObserveSampledTraces(r, nil, &l)()
	first, second := monkit.NewTrace(1), monkit.NewTrace(2)
	ctx := context.Background()
	f.RemoteTrace(&ctx, 0, first)(nil)
	for key, val := range first.GetAll() {
		second.Set(key, val)
	}
	ctx = context.Background()
	finish := f.RemoteTrace(&ctx, 0, second)
	Sample(second)
	finish(nil)
	if want := []string{"-f"}; !slices.Equal(l.lines, want) {
		t.Errorf("observed %v, want %v", l.lines, want)
	}
}

func TestFindSpanStopsAtTheFirstMatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		s := r.ScopeNamed("s")
		calls := 0
		found := make(chan bool)
		go func() {
			FindSpan(t.Context(), r, func(s *monkit.Span) bool {
				calls++
				return s.Func().ShortName() == "b"
			})
			close(found)
		}()
		synctest.Wait()
		for _, name := range []string{"a", "b"} {
			run(t.Context(), s.FuncNamed(name), nil, nil)
		}
		<-found
		run(t.Context(), s.FuncNamed("a"), nil, nil)
		if calls != 2 {
			t.Errorf("matcher was called %d times, want 2", calls)
		}
	})
}

func TestFindSpanReturnsWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	FindSpan(ctx, monkit.NewRegistry(), named("a"))
}

func TestFindSpanWithoutAMatcherReturns(t *testing.T) {
	FindSpan(t.Context(), monkit.NewRegistry(), nil)
}

func TestOriginOfATraceThatBeganHere(t *testing.T) {
	for _, tt := range []struct {
		name   string
		trace  *monkit.Trace
		random bool
		id     string
	}{
		{"id of 64 bits", monkit.NewTrace(0x4d), false, "000000000000004d"},
		{"id of 128 bits", monkit.NewTrace128(0xa, 0x4d), true, "000000000000000a000000000000004d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := OriginOf(tt.trace); got.Random != tt.random || got.Debug || got.State != "" || got.Baggage != nil {
				t.Errorf("origin %+v, want random: %v", got, tt.random)
			}
			if got := TraceID(tt.trace); got != tt.id {
				t.Errorf("id %s, want %s", got, tt.id)
			}
		})
	}
}
