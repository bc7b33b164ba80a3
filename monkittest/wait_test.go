package monkittest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestWaitReturnsSoonAfterTheValue(t *testing.T) {
	for _, tt := range []struct{ after, late time.Duration }{
		{0, 0},
		{time.Millisecond, minPoll},
		{16 * time.Millisecond, 2 * time.Millisecond},
		{3 * time.Second, maxPoll},
	} {
		t.Run(tt.after.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, start := New(t), time.Now()
				c := r.ScopeNamed("shop").Counter("plays")
				time.AfterFunc(tt.after, func() { c.Inc(2) })
				synctest.Wait()
				r.Wait(t.Context(), "plays value", 2)
				if took := time.Since(start); took < tt.after || took > tt.after+tt.late {
					t.Errorf("waited %s, want %s and at most %s", took, tt.after, tt.late)
				}
			})
		})
	}
}

// With minPoll all the time it would be 1000 polls, with maxPoll 20.
func TestWaitPollsLessAndLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		polls, start := 0, time.Now()
		err := poll(t.Context(), func() error {
			polls++
			if time.Since(start) >= time.Second {
				return nil
			}
			return context.Canceled
		})
		if err != nil || polls < 30 || polls > 60 {
			t.Errorf("%d polls in a second, %v; want between 30 and 60", polls, err)
		}
	})
}

func TestWaitSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, start := New(t), time.Now()
		mon := r.ScopeNamed("shop")
		go run(t.Context(), mon, "play", nil, func(context.Context) { time.Sleep(time.Second) })
		first := r.WaitSpan(t.Context(), "play")
		if took := time.Since(start); took < time.Second || took > time.Second+maxPoll || first.Span.Func().FullName() != "shop.play" {
			t.Errorf("waited %s for %s, want 1s for shop.play", took, first.Span.Func().FullName())
		}
		run(t.Context(), mon, "play", nil)
		if got := r.WaitSpan(t.Context(), "shop.play"); got != first {
			t.Errorf("WaitSpan returned %+v, want the first span that ended", got)
		}
	})
}

func TestWaitEnds(t *testing.T) {
	for _, tt := range []struct {
		name     string
		deadline time.Duration // zero means none
		want     time.Duration
	}{
		{"after the default timeout", 0, 10 * time.Second},
		{"at the deadline of its context", time.Hour, time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, start, ctx := New(t), time.Now(), t.Context()
				if tt.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				wantReport(t, r, "stopped waiting (context deadline exceeded): series \"plays value\" does not exist", true,
					func() { r.Wait(ctx, "plays value", 2) })
				if took := time.Since(start); took != tt.want {
					t.Errorf("waited %s, want %s", took, tt.want)
				}
			})
		})
	}
}

func TestWaitReportsWhatExists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(t)
		mon := r.ScopeNamed("shop")
		mon.Counter("plays").Inc(1)
		run(t.Context(), mon, "play", nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantReport(t, r, "value is 1, want 2", true, func() { r.Wait(ctx, "plays value", 2) })
		wantReport(t, r, "spans are:\nplay", true, func() { r.WaitSpan(ctx, "pause") })
		r.Wait(ctx, "plays value", 1)
	})
}

func TestWaitForABadSeriesEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, start := New(t), time.Now()
		wantReport(t, r, "want a measurement", true, func() { r.Wait(t.Context(), "plays", 2) })
		if took := time.Since(start); took != 0 {
			t.Errorf("waited %s for a series that cannot exist", took)
		}
	})
}
