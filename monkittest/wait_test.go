package monkittest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestWaitForAValue(t *testing.T) {
	for _, tt := range []struct{ after, late time.Duration }{
		{0, 0},
		{time.Millisecond, firstLook},
		{16 * time.Millisecond, 2 * time.Millisecond},
		{3 * time.Second, lastLook},
	} {
		t.Run(tt.after.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, began := New(t), time.Now()
				c := r.ScopeNamed("shop").Counter("plays")
				time.AfterFunc(tt.after, func() { c.Inc(2) })
				synctest.Wait()
				r.Wait(t.Context(), "plays value", 2)
				if took := time.Since(began); took < tt.after || took > tt.after+tt.late {
					t.Errorf("waited %s, want %s and at most %s", took, tt.after, tt.late)
				}
			})
		})
	}
}

func TestWaitSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, began := New(t), time.Now()
		go run(t.Context(), r.ScopeNamed("shop"), "play", nil, func(context.Context) { time.Sleep(time.Second) })
		s := r.WaitSpan(t.Context(), "play")
		if took := time.Since(began); took < time.Second || took > time.Second+lastLook || s.Span.Func().FullName() != "shop.play" {
			t.Errorf("waited %s for %s, want 1s for shop.play", took, s.Span.Func().FullName())
		}
		if again := r.WaitSpan(t.Context(), "shop.play"); again != s {
			t.Error("a span that has ended is not found")
		}
	})
}

func TestWaitEnds(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit time.Duration // zero is none
		want  time.Duration
	}{
		{"by patience", 0, Patience},
		{"by the deadline", time.Hour, time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, began, ctx := New(t), time.Now(), t.Context()
				if tt.limit > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.limit)
					defer cancel()
				}
				wantVerdict(t, r, "waited in vain (context deadline exceeded): series \"plays value\" is not there", true,
					func() { r.Wait(ctx, "plays value", 2) })
				if took := time.Since(began); took != tt.want {
					t.Errorf("waited %s, want %s", took, tt.want)
				}
			})
		})
	}
}

func TestWaitSaysWhatIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(t)
		mon := r.ScopeNamed("shop")
		mon.Counter("plays").Inc(1)
		run(t.Context(), mon, "play", nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantVerdict(t, r, "value is 1, want 2", true, func() { r.Wait(ctx, "plays value", 2) })
		wantVerdict(t, r, "spans are:\nplay", true, func() { r.WaitSpan(ctx, "pause") })
		wantVerdict(t, r, "want a measurement", true, func() { r.Wait(ctx, "plays", 2) })
		r.Wait(ctx, "plays value", 1)
	})
}
