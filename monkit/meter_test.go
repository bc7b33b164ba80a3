package monkit

import (
	"math"
	"math/rand"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestMeterRate(t *testing.T) {
	steady := func(m *Meter, n int, every time.Duration) {
		for range n {
			m.Mark(1)
			time.Sleep(every)
		}
	}
	for _, tt := range []struct {
		name  string
		do    func(m *Meter)
		rate  float64
		total float64
	}{
		{"nothing", func(m *Meter) { time.Sleep(time.Hour) }, 0, 0},
		{"at once", func(m *Meter) { m.Mark(30) }, 30, 30},
		{"since it was made", func(m *Meter) { steady(m, 20, time.Second) }, 1, 20},
		{"the last minute", func(m *Meter) { steady(m, 600, time.Second); steady(m, 1000, time.Second/10) }, 10, 1600},
		{"old marks are forgotten", func(m *Meter) { m.Mark(1000); time.Sleep(2 * time.Minute); steady(m, 60, time.Second) }, 1, 1060},
		{"silence ends a rate", func(m *Meter) {
			steady(m, 600, time.Second/10)
			time.Sleep(90 * time.Second)
			m.Rate()
			time.Sleep(90 * time.Second)
		}, 0, 600},
		{"a burst after silence", func(m *Meter) { time.Sleep(time.Hour); m.Mark(600) }, 10, 600},
		{"a burst unclocked", func(m *Meter) { time.Sleep(time.Hour); steady(m, 60000, time.Millisecond) }, 1000, 60000},
		{"many at once", func(m *Meter) { time.Sleep(59 * time.Second); m.Mark64(59 << 40) }, 1 << 40, 59 << 40},
		{"backwards", func(m *Meter) { time.Sleep(10 * time.Second); m.Mark(-20) }, -2, -20},
		{"SetTotal is no event", func(m *Meter) { steady(m, 20, time.Second); m.SetTotal(500) }, 1, 500},
		{"Reset starts anew", func(m *Meter) { steady(m, 20, time.Second); m.Reset(500); steady(m, 30, time.Second/3) }, 3, 530},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := NewMeter(NewSeriesKey("m"))
				tt.do(m)
				if got := m.Rate(); math.Abs(got-tt.rate) > 0.2*math.Abs(tt.rate) {
					t.Errorf("rate is %v, want about %v", got, tt.rate)
				}
				if got := m.Total(); got != tt.total {
					t.Errorf("total is %v, want %v", got, tt.total)
				}
				got := Collect(m)
				if got["m rate"] != m.Rate() || got["m total"] != tt.total || len(got) != 2 {
					t.Errorf("samples %v", got)
				}
			})
		})
	}
}

func TestMeterIsConcurrent(t *testing.T) {
	m := NewMeter(NewSeriesKey("m"))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				m.Mark(1)
			}
			m.Rate()
		})
	}
	wg.Wait()
	if m.Total() != 8000 {
		t.Errorf("total %v", m.Total())
	}
}

func TestTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		timer := NewTimer(NewSeriesKey("t"))
		running := timer.Start()
		time.Sleep(time.Second)
		if got := running.Elapsed(); got != time.Second {
			t.Errorf("elapsed %v", got)
		}
		if got := running.Stop(); got != time.Second {
			t.Errorf("stopped at %v", got)
		}
		time.Sleep(time.Second)
		if got := running.Stop(); got != 2*time.Second {
			t.Errorf("stopped again at %v", got)
		}
		if got := timer.Values(); got.Count != 1 || got.High != time.Second {
			t.Errorf("%d values up to %v", got.Count, got.High)
		}
		if got := Collect(timer); got["t count"] != 1 || got["t r50"] != 1 {
			t.Errorf("samples %v", got)
		}
	})
}

func TestValsAreConcurrent(t *testing.T) {
	v, f, d := NewIntVal(NewSeriesKey("i")), NewFloatVal(NewSeriesKey("f")), NewDurationVal(NewSeriesKey("d"))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 1000 {
				v.Observe(int64(i))
				f.Observe(float64(i))
				d.Observe(time.Duration(i))
			}
			v.Quantile(.5)
			f.Stats(func(SeriesKey, string, float64) {})
		})
	}
	wg.Wait()
	if got := Collect(v)["i sum"]; got != 28000 {
		t.Errorf("sum %v", got)
	}
	if f.Quantile(0) != 0 || f.Quantile(1) != 7 || d.Quantile(1) != 7 {
		t.Errorf("from %v to %v", f.Quantile(0), f.Quantile(1))
	}
}

// TestRareMarksHaveTheRateOfTheMinute marks now and then, and nobody asks for
// the rate meanwhile.
func TestRareMarksHaveTheRateOfTheMinute(t *testing.T) {
	for seed := range int64(200) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewSource(seed))
			m := NewMeter(NewSeriesKey("m"))
			var marks []int64
			for range 10 + r.Intn(50) {
				time.Sleep(time.Duration(1 + r.Int63n(int64(80*time.Second))))
				m.Mark(1)
				marks = append(marks, ticks())
			}
			time.Sleep(time.Duration(r.Int63n(int64(80 * time.Second))))
			within := func(d time.Duration) (n float64) {
				for _, when := range marks {
					if ticks()-when <= int64(d) {
						n++
					}
				}
				return n / 60
			}
			got, least, most := m.Rate(), within(49*time.Second), within(71*time.Second)
			if got < least-1e-9 || got > most+1e-9 {
				t.Errorf("seed %d: the rate is %v, want %v to %v", seed, got, least, most)
			}
		})
	}
}
