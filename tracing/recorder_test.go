package tracing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/hostile"
	"monkit.example/monkit"
)

// recording runs test with a recorder of a registry, in a synctest bubble.
func recording(t *testing.T, o RecorderOptions, test func(t *testing.T, r *monkit.Registry, rec *Recorder)) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		rec := NewRecorder(r, o)
		defer rec.Close()
		test(t, r, rec)
		rec.checkSums(t)
	})
}

// checkSums checks the sums over all retained traces, and that each trace is
// listed for its reasons.
func (r *Recorder) checkSums(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	bytes, spans, unlisted := 0, 0, map[*retainedTrace]Reason{}
	for e := r.traces.Front(); e != nil; e = e.Next() {
		t := e.Value.(*retainedTrace)
		bytes, spans = bytes+t.bytes, spans+len(t.rows)
		unlisted[t] = t.Reasons
	}
	if bytes != r.bytes || spans != r.spans || r.bytes > r.opts.MaxBytes {
		t.Errorf("%d bytes and %d spans are retained, counted %d and %d", bytes, spans, r.bytes, r.spans)
	}
	for f := range r.allFuncs() {
		for _, each := range allReasons {
			for _, t := range f.retained[each.Reason] {
				unlisted[t] &^= each.Reason
			}
		}
	}
	for r, reasons := range unlisted {
		if reasons != 0 || r.Reasons == 0 {
			t.Errorf("%s is retained as %q, and not listed as %q", r.Func, r.Reasons, reasons)
		}
	}
}

// allFuncs iterates over the traces of all functions.
func (r *Recorder) allFuncs() iter.Seq[*funcTraces] {
	return func(yield func(*funcTraces) bool) {
		r.funcs.Range(func(_, f any) bool { return yield(f.(*funcTraces)) })
	}
}

// runFor runs f for that long. Then it waits until f is not throttled.
func runFor(ctx context.Context, f *monkit.Func, d time.Duration, err error) {
	run(ctx, f, err, func(context.Context) { time.Sleep(d) })
	time.Sleep(throttleInterval)
}

// durations returns how many milliseconds the traces took that are retained for
// the reason, the latest first.
func durations(r *Recorder, reason Reason) (ms []int) {
	for _, t := range r.Traces() {
		if t.Reasons&reason != 0 {
			ms = append(ms, int(t.Duration/time.Millisecond))
		}
	}
	return ms
}

func TestRecorderRetainsRecentSlowAndFailedTraces(t *testing.T) {
	recording(t, RecorderOptions{PerReason: 2, Window: time.Minute}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		f := r.ScopeNamed("s").FuncNamed("f")
		for _, tt := range []struct {
			ms                   int
			err                  error
			wait                 time.Duration
			recent, slow, failed []int
		}{
			{ms: 50, recent: []int{50}, slow: []int{50}},
			{ms: 10, recent: []int{10, 50}, slow: []int{10, 50}},
			{ms: 20, recent: []int{20, 10}, slow: []int{20, 50}},
			{ms: 5, err: io.EOF, recent: []int{5, 20}, slow: []int{20, 50}, failed: []int{5}},
			{ms: 6, err: io.EOF, recent: []int{6, 5}, slow: []int{20, 50}, failed: []int{6, 5}},
			{ms: 7, err: io.EOF, recent: []int{7, 6}, slow: []int{20, 50}, failed: []int{7, 6}},
			{ms: 1, wait: time.Hour, recent: []int{1, 7}, slow: []int{1, 50}, failed: []int{7, 6}},
			{ms: 2, recent: []int{2, 1}, slow: []int{2, 1}, failed: []int{7, 6}},
		} {
			time.Sleep(tt.wait)
			runFor(t.Context(), f, time.Duration(tt.ms)*time.Millisecond, tt.err)
			if got := durations(rec, Recent); !slices.Equal(got, tt.recent) {
				t.Errorf("after %d: the latest are %v, want %v", tt.ms, got, tt.recent)
			}
			if got := durations(rec, Slow); !slices.Equal(got, tt.slow) {
				t.Errorf("after %d: the slowest are %v, want %v", tt.ms, got, tt.slow)
			}
			if got := durations(rec, Failed); !slices.Equal(got, tt.failed) {
				t.Errorf("after %d: failed are %v, want %v", tt.ms, got, tt.failed)
			}
		}
	})
}

func TestRecordedDescribesTheTrace(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		s := r.ScopeNamed("s")
		f := s.FuncNamed("f", monkit.NewSeriesTag("k", "v"))
		var root *monkit.Span
		start := time.Now()
		run(t.Context(), f, errors.New("text"), func(ctx context.Context) {
			root = monkit.SpanFromCtx(ctx)
			time.Sleep(time.Second)
			run(ctx, s.FuncNamed("g"), nil, nil)
		})
		got, ok := rec.Find(SpanID(root.Id()))
		if !ok || got.TraceID != TraceID(root.Trace()) || got.Func != "s.f,k=v" || !got.Start.Equal(start) ||
			got.Duration != time.Second || got.Err != "System Error" || got.Panicked || got.Spans() != 2 || got.Dropped != 0 ||
			got.Reasons.String() != "recent failed slow" {
			t.Errorf("%v, %+v", ok, got)
		}
		var picture, text strings.Builder
		if err := errors.Join(got.WriteSVG(&picture), got.WriteJSON(&text)); err != nil {
			t.Error(err)
		}
		var spans []SpanJSON
		if err := json.Unmarshal([]byte(text.String()), &spans); err != nil || len(spans) != 2 || spans[1].Func.Name != "g" {
			t.Errorf("%v, %+v", err, spans)
		}
		if got := strings.Count(picture.String(), "<g>"); got != 2 {
			t.Errorf("%d spans are drawn", got)
		}
		if _, ok := rec.Find("unknown"); ok {
			t.Error("an unknown id is found")
		}
	})
}

// A function that runs a million times a second is not recorded as often.
func TestRecorderIsThrottled(t *testing.T) {
	recording(t, RecorderOptions{PerReason: 100}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		f := r.ScopeNamed("s").FuncNamed("f")
		for range 100 {
			run(t.Context(), f, io.EOF, nil)
		}
		if recent, failed := len(durations(rec, Recent)), len(durations(rec, Failed)); recent != 1 || failed != 1 {
			t.Errorf("%d and %d traces are retained, want one each", recent, failed)
		}
	})
}

func TestRecorderIsBoundedInBytes(t *testing.T) {
	recording(t, RecorderOptions{MaxBytes: 64 << 10}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		s := r.ScopeNamed("s")
		for i := range 200 {
			run(t.Context(), s.FuncNamed(fmt.Sprint(i)), nil, func(ctx context.Context) {
				monkit.SpanFromCtx(ctx).Annotate("k", strings.Repeat("x", 1<<20))
			})
			rec.checkSums(t)
		}
		stats := monkit.Collect(rec)
		if got := stats["trace_recorder evicted"] + stats["trace_recorder traces"]; got != 200 || stats["trace_recorder traces"] < 10 {
			t.Errorf("%v", stats)
		}
		if latest := rec.Traces()[0]; latest.Func != "s.199" {
			t.Errorf("the latest is %s", latest.Func)
		}
		funcs := 0
		for range rec.allFuncs() {
			funcs++
		}
		if funcs != rec.traces.Len() {
			t.Errorf("%d functions, %d traces", funcs, rec.traces.Len())
		}
	})
}

func TestRecorderCutsLongTraces(t *testing.T) {
	recording(t, RecorderOptions{MaxBytes: 64 << 10}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		s := r.ScopeNamed("s")
		run(t.Context(), s.FuncNamed("f"), nil, func(ctx context.Context) {
			for range 2 * maxOpenSpans {
				run(ctx, s.FuncNamed("g"), nil, nil)
			}
		})
		got := rec.Traces()
		if len(got) != 1 || got[0].Spans() < 10 || got[0].Spans()+got[0].Dropped != 2*maxOpenSpans+1 {
			t.Fatalf("%d traces, %d spans are retained, %d are dropped", len(got), got[0].Spans(), got[0].Dropped)
		}
		if most := rec.opts.MaxBytes / 4; rec.bytes > most {
			t.Errorf("one trace takes %d bytes, want at most %d", rec.bytes, most)
		}
		if got := rec.openSpans.Load(); got != 0 {
			t.Errorf("%d spans are counted as open after the end", got)
		}
		if got := monkit.Collect(rec)["trace_recorder dropped_spans"]; int(got) != 2*maxOpenSpans+1-rec.Traces()[0].Spans() {
			t.Errorf("%v spans are counted as dropped", got)
		}
	})
}

func TestRecorderDefaults(t *testing.T) {
	want := RecorderOptions{MaxBytes: 8 << 20, PerReason: 10, Window: 10 * time.Minute}
	for _, o := range []RecorderOptions{{}, {MaxBytes: -1, PerReason: -1, Window: -1}, want} {
		if got := o.withDefaults(); got != want {
			t.Errorf("%+v became %+v, want %+v", o, got, want)
		}
	}
	rec := NewRecorder(monkit.NewRegistry(), RecorderOptions{})
	defer rec.Close()
	if rec.opts != want {
		t.Errorf("a new Recorder has %+v, want %+v", rec.opts, want)
	}
}

func TestTracesAreSortedByStart(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		s := r.ScopeNamed("s")
		run(t.Context(), s.FuncNamed("first"), nil, func(context.Context) {
			time.Sleep(time.Nanosecond)
			run(context.Background(), s.FuncNamed("second"), nil, nil)
		})
		if got := rec.Traces(); len(got) != 2 || got[0].Func != "s.second" || got[1].Func != "s.first" {
			t.Errorf("%v", got)
		}
	})
}

func TestPanickedTraceIsRetainedAsFailed(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		func() {
			defer func() { recover() }()
			run(t.Context(), r.ScopeNamed("s").FuncNamed("f"), nil, func(context.Context) { panic(1) })
		}()
		if got := rec.Traces(); len(got) != 1 || !got[0].Panicked || got[0].Err != "" || got[0].Reasons&Failed == 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestTextsOfRetainedTracesAreShortened(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		run(t.Context(), r.ScopeNamed("s").FuncNamed("f"), nil, func(ctx context.Context) {
			monkit.SpanFromCtx(ctx).Annotate("k", strings.Repeat("x", 2*maxRetainedText))
		})
		if got := len(rec.Traces()[0].rows[0].Annotations[0][1]); got != maxRetainedText+len("…") {
			t.Errorf("the annotation has %d bytes", got)
		}
	})
}

func TestTraceOfMaxBytesIsRetained(t *testing.T) {
	var bytes int
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		run(t.Context(), r.ScopeNamed("s").FuncNamed("f"), nil, nil)
		bytes = rec.bytes
	})
	for less, want := range []int{1, 0} {
		recording(t, RecorderOptions{MaxBytes: bytes - less}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
			run(t.Context(), r.ScopeNamed("s").FuncNamed("f"), nil, nil)
			if got := len(rec.Traces()); got != want {
				t.Errorf("%d traces of %d bytes are retained in %d, want %d", got, bytes, bytes-less, want)
			}
		})
	}
}

// closingError closes a Recorder when its name is read.
type closingError struct{ *Recorder }

func (closingError) Error() string          { return "closing" }
func (e closingError) Name() (string, bool) { e.Close(); return "closing", true }

// The methods of an error run in the middle of recording.
func TestTraceInProgressAtCloseIsNotRetained(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		rec.record(finishedTraceOf(monkit.NewRegistry().ScopeNamed("s").FuncNamed("f"), closingError{rec}, 0))
		if got := len(rec.Traces()); got != 0 || !rec.closed.Load() {
			t.Errorf("%d traces are retained after Close", got)
		}
	})
}

func TestClosedRecorderRetainsNothing(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		f := r.ScopeNamed("s").FuncNamed("f")
		run(t.Context(), f, nil, func(context.Context) { rec.Close() })
		rec.Close()
		runFor(t.Context(), f, time.Second, io.EOF)
		if got := len(rec.Traces()); got != 0 {
			t.Errorf("%d traces are retained after Close", got)
		}
	})
}

func TestRecorderAcceptsHostileText(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		for _, text := range hostile.Texts {
			run(t.Context(), r.ScopeNamed(text).FuncNamed(text), errors.New(text), func(ctx context.Context) {
				monkit.SpanFromCtx(ctx).Annotate(text, text)
			})
		}
		run(t.Context(), r.ScopeNamed("s").FuncNamed("bad"), panickingError{}, nil)
		for _, trace := range rec.Traces() {
			var b strings.Builder
			if err := trace.WriteSVG(&b); err != nil {
				t.Error(err)
			}
			elements(t, b.String())
			if err := trace.WriteJSON(io.Discard); err != nil {
				t.Error(err)
			}
		}
		if got := len(rec.Traces()); got != len(hostile.Texts)+1 {
			t.Errorf("%d traces", got)
		}
	})
}

func TestRecorderIsSafeForConcurrentUse(t *testing.T) {
	r := monkit.NewRegistry()
	rec := NewRecorder(r, RecorderOptions{MaxBytes: 32 << 10, PerReason: 2})
	s := r.ScopeNamed("s")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 200 {
				run(context.Background(), s.FuncNamed(fmt.Sprint(i, j%5)), nil, func(ctx context.Context) {
					var kids sync.WaitGroup
					for range 3 {
						kids.Go(func() { run(ctx, s.FuncNamed("kid"), io.EOF, nil) })
					}
					kids.Wait()
				})
				for _, t := range rec.Traces()[:1] {
					t.WriteSVG(io.Discard)
				}
			}
		})
	}
	wg.Wait()
	rec.checkSums(t)
	rec.Close()
	if got := rec.openSpans.Load(); got != 0 {
		t.Errorf("%d spans are counted as open after the end", got)
	}
}

func BenchmarkRecorder(b *testing.B) {
	for _, on := range []bool{false, true} {
		b.Run(fmt.Sprint("on=", on), func(b *testing.B) {
			r := monkit.NewRegistry()
			if on {
				defer NewRecorder(r, RecorderOptions{}).Close()
			}
			f, g := r.ScopeNamed("s").FuncNamed("f"), r.ScopeNamed("s").FuncNamed("g")
			b.ReportAllocs()
			for b.Loop() {
				run(context.Background(), f, nil, func(ctx context.Context) {
					for range 4 {
						run(ctx, g, nil, nil)
					}
				})
			}
		})
	}
}

func BenchmarkRecorderParallel(b *testing.B) {
	r := monkit.NewRegistry()
	defer NewRecorder(r, RecorderOptions{}).Close()
	f := r.ScopeNamed("s").FuncNamed("f")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			run(context.Background(), f, nil, nil)
		}
	})
}
