package collect

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// settable is a wall clock that a test sets.
type settable struct{ ahead atomic.Int64 }

func (s *settable) now() time.Time { return time.Now().Round(0).Add(time.Duration(s.ahead.Load())) }

func (s *settable) set(by time.Duration) { s.ahead.Add(int64(by)) }

// gnocchi#307 and chronos#85: after the wall clock was
// set, values have the times of the old clock, for as long as the step was. A
// board without a battery boots in 1970.
func TestTimesFollowAWallClockThatIsSet(t *testing.T) {
	for _, tt := range []struct {
		name   string
		by     time.Duration
		steps  float64
		logged string
	}{
		{"back by an hour", -time.Hour, 1, "by=-1h0m0s"},
		{"back by an hour and a part of an interval", -time.Hour - 3*time.Second, 1, "by=-1h0m3s"},
		{"back by a little more than an interval", -10*time.Second - 1, 1, "by=-10s"},
		{"back by an interval", -10 * time.Second, 0, ""},
		{"back by less than an interval", -4 * time.Second, 0, ""},
		{"ahead by less than an interval", 4 * time.Second, 0, ""},
		{"ahead by an hour and a part of an interval", time.Hour + 3*time.Second, 1, "by=1h0m3s"},
		{"ahead by 56 years", 56 * 365 * 24 * time.Hour, 1, "by=490560h0m0s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				clock := new(settable)
				p := &probe{name: "p"}
				closing := false
				p.do = func(context.Context) error {
					if !closing {
						checkTimes(t, p.all(), clock.now(), tt.by)
					}
					return nil
				}
				o := noSpread
				o.Logger = slog.New(slog.NewTextHandler(&log, nil))
				c := newCollector(counting(), o, clock.now, []reporters.Reporter{p})
				time.Sleep(25 * time.Second)
				clock.set(tt.by)
				time.Sleep(95 * time.Second)
				synctest.Wait()
				stats := monkit.Collect(c)
				if got := stats["collect clock_steps"]; got != tt.steps {
					t.Errorf("clock_steps = %v, want %v", got, tt.steps)
				}
				if got := stats["collect ticks_skipped"]; got != 0 {
					t.Errorf("%v ticks are counted as skipped, want 0", got)
				}
				if n := len(p.all()); n < 11 || n > 12 {
					t.Errorf("%d batches in two minutes, want 11 or 12", n)
				}
				closing = true
				closeNow(t, c)
				if got := log.String(); strings.Count(got, "the wall clock was set") != int(tt.steps) || !strings.Contains(got, tt.logged) {
					t.Errorf("logged:\n%s", got)
				}
			})
		})
	}
}

// checkTimes checks the newest of the batches, and that it differs from the one
// before.
func checkTimes(t *testing.T, all []recorded, now time.Time, set time.Duration) {
	last := all[len(all)-1]
	if age := now.Sub(last.at); age >= 10*time.Second || age < -10*time.Second {
		t.Errorf("batch %d is %v old by the clock", len(all), age)
	}
	if last.interval <= 0 || last.interval > 20*time.Second {
		t.Errorf("batch %d has an interval of %v", len(all), last.interval)
	}
	if len(all) == 1 {
		return
	}
	before := all[len(all)-2].at
	if back := before.Sub(last.at); back >= 0 && (set >= -10*time.Second || back < 2*time.Second) {
		t.Errorf("batch %d has the time %v, the one before it %v", len(all), last.at, before)
	}
	if seconds := last.at.Unix(); seconds == before.Unix() {
		t.Errorf("batches %d and %d have the same second %d", len(all)-1, len(all), seconds)
	}
}

// A clock that is set at every tick must not fill the log.
func TestStepsOfTheClockAreLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		clock := new(settable)
		o := noSpread
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c := newCollector(counting(), o, clock.now, nil)
		time.Sleep(5 * time.Second)
		for range 18 {
			clock.set(-time.Hour)
			time.Sleep(10 * time.Second)
		}
		synctest.Wait()
		if got := monkit.Collect(c)["collect clock_steps"]; got != 18 {
			t.Errorf("clock_steps = %v, want 18", got)
		}
		closeNow(t, c)
		if got := strings.Count(log.String(), "the wall clock was set"); got != 3 {
			t.Errorf("logged %d times in three minutes, want 3:\n%s", got, log.String())
		}
	})
}

// Small steps back must not add up to times that stand still.
func TestWalkerFollowsTheClock(t *testing.T) {
	start := time.Unix(1_000_000, 0)
	for _, tt := range []struct {
		name   string
		at     []time.Duration // since start
		want   []time.Duration
		within time.Duration // tolerance; zero means the default
	}{
		{"increasing", []time.Duration{0, 1, 2}, []time.Duration{0, 1, 2}, 0},
		{"the same time", []time.Duration{0, 0, 0}, []time.Duration{0, 1, 2}, 0},
		{"back by the tolerance", []time.Duration{0, -DefaultInterval}, []time.Duration{0, 1}, 0},
		{"back by more", []time.Duration{0, -DefaultInterval - 1, 5}, []time.Duration{0, -DefaultInterval - 1, 5}, 0},
		{"back by two small steps", []time.Duration{0, -6 * time.Second, -12 * time.Second, -2 * time.Second},
			[]time.Duration{0, 1, -12 * time.Second, -2 * time.Second}, 0},
		{"another tolerance", []time.Duration{0, -2 * time.Second}, []time.Duration{0, -2 * time.Second}, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := NewWalker(counting())
			if tt.within > 0 {
				w.tolerance = tt.within
			}
			for i, at := range tt.at {
				var b reporters.Batch
				w.Walk(&b, start.Add(at))
				if got := b.At.Sub(start); got != tt.want[i] {
					t.Errorf("walk %d at %v has the time %v, want %v", i, at, got, tt.want[i])
				}
				if b.Points[0].Time != b.At.UnixNano() {
					t.Errorf("walk %d: the points have another time than the batch", i)
				}
			}
		})
	}
}

// A tick that comes late because the machine was busy has the time of the newest
// multiple, and those before it were missed.
func TestLateTick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSchedule(10*time.Second, func() time.Time { return time.Now().Round(0) })
		start := s.next
		time.Sleep(s.wait() + 25*time.Second)
		at, missed, step := s.tick()
		if at.Sub(start) != 20*time.Second || missed != 2 || step != 0 || s.next.Sub(start) != 30*time.Second {
			t.Errorf("tick %v after the planned one, %d missed, a step of %v, next %v, want 20s, 2, 0, 30s",
				at.Sub(start), missed, step, s.next.Sub(start))
		}
	})
}
