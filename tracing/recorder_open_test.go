package tracing

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"monkit.example/monkit"
)

// A trace that never ends leaves nothing behind when it is garbage collected.
func TestRecorderReleasesTracesThatNeverEnd(t *testing.T) {
	r := monkit.NewRegistry()
	rec := NewRecorder(r, RecorderOptions{})
	defer rec.Close()
	s := r.ScopeNamed("s")
	trace := monkit.NewTrace(1)
	func() {
		ctx := context.Background()
		s.FuncNamed("f").RemoteTrace(&ctx, 0, trace)
		for range 2 * freeOpenSpans {
			run(ctx, s.FuncNamed("g"), nil, nil)
		}
	}()
	if got := rec.openSpans.Load(); got != freeOpenSpans {
		t.Fatalf("%d spans are counted as open, want %d", got, freeOpenSpans)
	}
	// The registry references a trace with an open root, so this part of the
	// test has an openTrace without a trace.
	l := &openTrace{recorder: rec, openRoots: 1}
	for range 2 * freeOpenSpans {
		l.add(&FinishedSpan{})
	}
	if got := rec.openSpans.Load(); got != 2*freeOpenSpans {
		t.Fatalf("%d spans are counted as open, want %d", got, 2*freeOpenSpans)
	}
	l = nil
	for range 100 {
		if runtime.GC(); rec.openSpans.Load() == freeOpenSpans {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d spans are counted as open, want %d", rec.openSpans.Load(), freeOpenSpans)
}

// A trace may enter the process with two requests.
func TestRecorderSeparatesRootsOfOneTrace(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		s := r.ScopeNamed("s")
		trace := monkit.NewTrace(1)
		a, b := t.Context(), t.Context()
		endA := s.FuncNamed("a").RemoteTrace(&a, 5, trace)
		endB := s.FuncNamed("b").RemoteTrace(&b, 6, trace)
		run(a, s.FuncNamed("inA"), nil, nil)
		run(b, s.FuncNamed("inB"), nil, nil)
		endA(nil)
		endB(nil)
		if got := spansByRoot(rec); len(got) != 2 || got["s.a"] != "a inA" || got["s.b"] != "b inB" {
			t.Errorf("%q", got)
		}
	})
}

// spansByRoot returns the names of the spans of each retained trace.
func spansByRoot(r *Recorder) map[string]string {
	spans := map[string]string{}
	for _, t := range r.Traces() {
		var names []string
		for i := range t.rows {
			names = append(names, t.rows[i].Func.Name)
		}
		spans[t.Func] = strings.Join(names, " ")
	}
	return spans
}

func TestSpansThatEndAfterTheirRootAreNotHeld(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		s := r.ScopeNamed("s")
		trace := monkit.NewTrace(1)
		a, b := t.Context(), t.Context()
		s.FuncNamed("a").RemoteTrace(&a, 5, trace)(nil)
		for range 2 * freeOpenSpans {
			run(a, s.FuncNamed("late"), nil, nil)
		}
		if got := rec.openSpans.Load(); got != 0 {
			t.Errorf("%d spans are counted as open, want 0", got)
		}
		s.FuncNamed("b").RemoteTrace(&b, 6, trace)(nil)
		if got := spansByRoot(rec); len(got) != 2 || got["s.a"] != "a" || got["s.b"] != "b" {
			t.Errorf("%q", got)
		}
		if got := monkit.Collect(rec)["trace_recorder dropped_spans"]; got != 0 {
			t.Errorf("%v spans are counted as dropped, want 0", got)
		}
	})
}

func TestSpansOfAnOpenTraceAreLimited(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		s := r.ScopeNamed("s")
		trace := monkit.NewTrace(1)
		ctx := t.Context()
		finish := s.FuncNamed("f").RemoteTrace(&ctx, 0, trace)
		const excess = 7
		for range maxOpenSpans + excess {
			run(ctx, s.FuncNamed("g"), nil, nil)
		}
		finish(nil)
		next := t.Context()
		s.FuncNamed("next").RemoteTrace(&next, 0, trace)(nil)
		for _, got := range rec.Traces() {
			spans, dropped := maxOpenSpans+1, excess
			if got.Func == "s.next" {
				spans, dropped = 1, 0
			}
			if got.Spans() != spans || got.Dropped != dropped {
				t.Errorf("%s: %d spans are retained and %d dropped, want %d and %d", got.Func, got.Spans(), got.Dropped, spans, dropped)
			}
		}
	})
}

func TestSpansOfAllOpenTracesAreLimited(t *testing.T) {
	const limit = 3
	recording(t, RecorderOptions{MaxBytes: limit * openSpanBytes}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		var traces [3]openTrace
		for i := range traces {
			traces[i] = openTrace{recorder: rec, openRoots: 1}
			for range freeOpenSpans + 2 {
				traces[i].add(outcomes()[0])
			}
		}
		for i, want := range []int{freeOpenSpans + 2, freeOpenSpans + 1, freeOpenSpans} {
			if got := len(traces[i].spans); got != want || traces[i].dropped != freeOpenSpans+2-want {
				t.Errorf("open trace %d holds %d spans and dropped %d, want %d and %d", i, got, traces[i].dropped, want, freeOpenSpans+2-want)
			}
		}
		if got := rec.openSpans.Load(); got != limit {
			t.Errorf("%d spans are counted as open, want %d", got, limit)
		}
	})
}

// The spans of an open root count as long as it is open.
func TestSpansOfTheOtherRootStayCounted(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		s := r.ScopeNamed("s")
		trace := monkit.NewTrace(1)
		a, b := t.Context(), t.Context()
		endA := s.FuncNamed("a").RemoteTrace(&a, 5, trace)
		endB := s.FuncNamed("b").RemoteTrace(&b, 6, trace)
		for _, tt := range []struct {
			ctx   context.Context
			spans int
		}{{a, 10}, {b, freeOpenSpans + 5}} {
			for range tt.spans {
				run(tt.ctx, s.FuncNamed("child"), nil, nil)
			}
		}
		for _, tt := range []struct {
			end  func(*error)
			want int64
		}{{func(*error) {}, 15}, {endA, 5}, {endB, 0}} {
			if tt.end(nil); rec.openSpans.Load() != tt.want {
				t.Errorf("%d spans are counted as open, want %d", rec.openSpans.Load(), tt.want)
			}
		}
	})
}

// A trace with few spans must not lower the count of all open traces.
func TestFewSpansOfTheOtherRootAreNotCounted(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		s := r.ScopeNamed("s")
		trace := monkit.NewTrace(1)
		a, b := t.Context(), t.Context()
		endA := s.FuncNamed("a").RemoteTrace(&a, 5, trace)
		endB := s.FuncNamed("b").RemoteTrace(&b, 6, trace)
		for range freeOpenSpans + 1 {
			run(a, s.FuncNamed("child"), nil, nil)
		}
		if endA(nil); rec.openSpans.Load() != 0 {
			t.Errorf("%d spans are counted as open, want 0", rec.openSpans.Load())
		}
		endB(nil)
	})
}

func TestTraceWithCopiedValuesIsRecorded(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		s := r.ScopeNamed("s")
		first, second := monkit.NewTrace(1), monkit.NewTrace(2)
		a, b := t.Context(), t.Context()
		s.FuncNamed("a").RemoteTrace(&a, 0, first)(nil)
		for key, val := range first.GetAll() {
			second.Set(key, val)
		}
		s.FuncNamed("b").RemoteTrace(&b, 0, second)(nil)
		if got := spansByRoot(rec); len(got) != 2 || got["s.b"] != "b" {
			t.Errorf("%q", got)
		}
	})
}

// A Recorder that starts while a trace is open sees the end of a root whose
// start it missed.
func TestRootThatStartedBeforeTheRecorderDoesNotDisturbOthers(t *testing.T) {
	r := monkit.NewRegistry()
	s := r.ScopeNamed("s")
	trace := monkit.NewTrace(1)
	old, a, b := t.Context(), t.Context(), t.Context()
	endOld := s.FuncNamed("old").RemoteTrace(&old, 5, trace)
	rec := NewRecorder(r, RecorderOptions{})
	defer rec.Close()
	s.FuncNamed("a").RemoteTrace(&a, 6, trace)(nil)
	endOld(nil)
	endB := s.FuncNamed("b").RemoteTrace(&b, 7, trace)
	run(b, s.FuncNamed("child"), nil, nil)
	endB(nil)
	if got := spansByRoot(rec); got["s.a"] != "a" || got["s.b"] != "b child" {
		t.Errorf("%q", got)
	}
}

func TestClosedRecorderHoldsNoSpans(t *testing.T) {
	r := monkit.NewRegistry()
	rec := NewRecorder(r, RecorderOptions{})
	open := &openTrace{recorder: rec, openRoots: 1}
	rec.Close()
	open.Finish(outcomes()[1].Span, nil, false, time.Now())
	if len(open.spans) != 0 {
		t.Errorf("%d spans are held", len(open.spans))
	}
	trace := monkit.NewTrace(1)
	ctx := context.Background()
	r.ScopeNamed("s").FuncNamed("f").RemoteTrace(&ctx, 0, trace)(nil)
	if got := trace.Get(observedBy{rec}); got != nil {
		t.Error("a new trace is observed")
	}
}
