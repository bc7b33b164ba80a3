package tracing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
)

// recording runs test with a recorder of a registry, in a bubble.
func recording(t *testing.T, o RecorderOptions, test func(t *testing.T, r *monkit.Registry, rec *Recorder)) {
	synctest.Test(t, func(t *testing.T) {
		r := monkit.NewRegistry()
		rec := NewRecorder(r, o)
		defer rec.Close()
		test(t, r, rec)
		rec.balanced(t)
	})
}

// balanced checks that the sums are those of what is kept.
func (r *Recorder) balanced(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	bytes, spans, listed := 0, 0, map[*kept]Reason{}
	for e := r.order.Front(); e != nil; e = e.Next() {
		k := e.Value.(*kept)
		bytes, spans = bytes+k.bytes, spans+len(k.rows)
		listed[k] = k.Reasons
	}
	if bytes != r.bytes || spans != r.spans || r.bytes > r.opts.MaxBytes {
		t.Errorf("%d bytes and %d spans are kept, counted %d and %d", bytes, spans, r.bytes, r.spans)
	}
	for f := range r.all() {
		for _, each := range allReasons {
			for _, k := range f.kept[each.Reason] {
				listed[k] &^= each.Reason
			}
		}
	}
	for k, rest := range listed {
		if rest != 0 || k.Reasons == 0 {
			t.Errorf("%s is kept as %q, and not listed as %q", k.Func, k.Reasons, rest)
		}
	}
}

// all are the families that there are.
func (r *Recorder) all() iter.Seq[*family] {
	return func(yield func(*family) bool) {
		r.families.Range(func(_, f any) bool { return yield(f.(*family)) })
	}
}

// took runs f for a while and then pauses.
func took(ctx context.Context, f *monkit.Func, d time.Duration, err error) {
	run(ctx, f, err, func(context.Context) { time.Sleep(d) })
	time.Sleep(pause)
}

// tookOf tells the durations of what is kept for a reason, the latest first.
func tookOf(r *Recorder, why Reason) (ms []int) {
	for _, t := range r.Traces() {
		if t.Reasons&why != 0 {
			ms = append(ms, int(t.Duration/time.Millisecond))
		}
	}
	return ms
}

func TestRecorderKeepsLatestSlowestAndFailed(t *testing.T) {
	recording(t, RecorderOptions{Each: 2, Window: time.Minute}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
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
			took(t.Context(), f, time.Duration(tt.ms)*time.Millisecond, tt.err)
			if got := tookOf(rec, Recent); !slices.Equal(got, tt.recent) {
				t.Errorf("after %d: the latest are %v, want %v", tt.ms, got, tt.recent)
			}
			if got := tookOf(rec, Slow); !slices.Equal(got, tt.slow) {
				t.Errorf("after %d: the slowest are %v, want %v", tt.ms, got, tt.slow)
			}
			if got := tookOf(rec, Failed); !slices.Equal(got, tt.failed) {
				t.Errorf("after %d: failed are %v, want %v", tt.ms, got, tt.failed)
			}
		}
	})
}

func TestRecorderTellsOfTheTrace(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		s := r.ScopeNamed("s")
		f := s.FuncNamed("f", monkit.NewSeriesTag("k", "v"))
		var root *monkit.Span
		began := time.Now()
		run(t.Context(), f, errors.New("text"), func(ctx context.Context) {
			root = monkit.SpanFromCtx(ctx)
			time.Sleep(time.Second)
			run(ctx, s.FuncNamed("g"), nil, nil)
		})
		got, ok := rec.Find(SpanID(root.Id()))
		if !ok || got.TraceID != TraceID(root.Trace()) || got.Func != "s.f,k=v" || !got.Start.Equal(began) ||
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
		if _, ok := rec.Find("nonsense"); ok {
			t.Error("nonsense is found")
		}
	})
}

// What runs a million times a second is not kept as often.
func TestRecorderPauses(t *testing.T) {
	recording(t, RecorderOptions{Each: 100}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		f := r.ScopeNamed("s").FuncNamed("f")
		for range 100 {
			run(t.Context(), f, io.EOF, nil)
		}
		if recent, failed := len(tookOf(rec, Recent)), len(tookOf(rec, Failed)); recent != 1 || failed != 1 {
			t.Errorf("%d and %d are kept, want one each", recent, failed)
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
			rec.balanced(t)
		}
		stats := monkit.Collect(rec)
		if got := stats["trace_recorder evicted"] + stats["trace_recorder traces"]; got != 200 || stats["trace_recorder traces"] < 10 {
			t.Errorf("%v", stats)
		}
		if latest := rec.Traces()[0]; latest.Func != "s.199" {
			t.Errorf("the latest is %s", latest.Func)
		}
		families := 0
		for range rec.all() {
			families++
		}
		if families != rec.order.Len() {
			t.Errorf("%d functions, %d traces", families, rec.order.Len())
		}
	})
}

func TestRecorderCutsLongTraces(t *testing.T) {
	recording(t, RecorderOptions{MaxBytes: 64 << 10}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		s := r.ScopeNamed("s")
		run(t.Context(), s.FuncNamed("f"), nil, func(ctx context.Context) {
			for range 2 * maxLive {
				run(ctx, s.FuncNamed("g"), nil, nil)
			}
		})
		got := rec.Traces()
		if len(got) != 1 || got[0].Spans() < 10 || got[0].Spans()+got[0].Dropped != 2*maxLive+1 {
			t.Fatalf("%d traces, %d spans are kept, %d are dropped", len(got), got[0].Spans(), got[0].Dropped)
		}
		if got := rec.held.Load(); got != 0 {
			t.Errorf("%d spans are held after the end", got)
		}
		if got := monkit.Collect(rec)["trace_recorder dropped_spans"]; int(got) != 2*maxLive+1-rec.Traces()[0].Spans() {
			t.Errorf("%v spans are counted as dropped", got)
		}
	})
}

// A trace that never ends leaves nothing behind once the program let go of it.
func TestRecorderLetsGoOfTracesThatNeverEnd(t *testing.T) {
	r := monkit.NewRegistry()
	rec := NewRecorder(r, RecorderOptions{})
	defer rec.Close()
	s := r.ScopeNamed("s")
	trace := monkit.NewTrace(1)
	func() {
		ctx := context.Background()
		s.FuncNamed("f").RemoteTrace(&ctx, 0, trace)
		for range 2 * freeLive {
			run(ctx, s.FuncNamed("g"), nil, nil)
		}
	}()
	if got := rec.held.Load(); got != freeLive {
		t.Fatalf("%d spans are held, want %d", got, freeLive)
	}
	// A live root stays with the registry: so the observer alone is let go of.
	l := &live{recorder: rec, open: 1}
	for range 2 * freeLive {
		l.add(&FinishedSpan{})
	}
	if got := rec.held.Load(); got != 2*freeLive {
		t.Fatalf("%d spans are held, want %d", got, 2*freeLive)
	}
	l = nil
	for range 100 {
		if runtime.GC(); rec.held.Load() == freeLive {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d spans are held, want %d", rec.held.Load(), freeLive)
}

// Two calls from outside in one trace are kept apart.
func TestRecorderPartsCallsFromOutside(t *testing.T) {
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
		run(b, s.FuncNamed("late"), nil, nil)
		got := map[string]string{}
		for _, t := range rec.Traces() {
			for _, r := range t.rows {
				got[t.Func] += r.Func.Name + " "
			}
		}
		if len(got) != 2 || got["s.a"] != "a inA " || got["s.b"] != "b inB " {
			t.Errorf("%q", got)
		}
	})
}

func TestRecorderEnds(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		f := r.ScopeNamed("s").FuncNamed("f")
		run(t.Context(), f, nil, func(context.Context) { rec.Close() })
		rec.Close()
		took(t.Context(), f, time.Second, io.EOF)
		if got := len(rec.Traces()); got != 0 {
			t.Errorf("%d traces are kept after the end", got)
		}
	})
}

func TestRecorderKeepsHostileText(t *testing.T) {
	recording(t, RecorderOptions{}, func(t *testing.T, r *monkit.Registry, rec *Recorder) {
		for _, text := range hostile {
			run(t.Context(), r.ScopeNamed(text).FuncNamed(text), errors.New(text), func(ctx context.Context) {
				monkit.SpanFromCtx(ctx).Annotate(text, text)
			})
		}
		run(t.Context(), r.ScopeNamed("s").FuncNamed("bad"), badError{}, nil)
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
		if got := len(rec.Traces()); got != len(hostile)+1 {
			t.Errorf("%d traces", got)
		}
	})
}

func TestRecorderIsReadWhileTracesRun(t *testing.T) {
	r := monkit.NewRegistry()
	rec := NewRecorder(r, RecorderOptions{MaxBytes: 32 << 10, Each: 2})
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
	rec.balanced(t)
	rec.Close()
	if got := rec.held.Load(); got != 0 {
		t.Errorf("%d spans are held after the end", got)
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
