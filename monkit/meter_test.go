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
	burst := func(m *Meter) { // after it, 1023 events pass without a look at the clock
		for range 1023 {
			m.Mark(1)
		}
	}
	for _, tt := range []struct {
		name  string
		do    func(m *Meter)
		rate  float64
		total float64
	}{
		{"no events", func(m *Meter) { time.Sleep(time.Hour) }, 0, 0},
		{"a new meter counts a second at least", func(m *Meter) { m.Mark(30) }, 30, 30},
		{"a young meter counts its whole life", func(m *Meter) { steady(m, 20, time.Second) }, 1, 20},
		{"an old meter counts the last minute", func(m *Meter) { steady(m, 600, time.Second); steady(m, 1000, time.Second/10) }, 10, 1600},
		{"old events do not count", func(m *Meter) { m.Mark(1000); time.Sleep(2 * time.Minute); steady(m, 60, time.Second) }, 1, 1060},
		{"a pause ends a rate", func(m *Meter) {
			steady(m, 600, time.Second/10)
			time.Sleep(90 * time.Second)
			m.Rate()
			time.Sleep(90 * time.Second)
		}, 0, 600},
		{"a burst after a pause", func(m *Meter) { time.Sleep(time.Hour); m.Mark(600) }, 10, 600},
		{"a burst reads the clock seldom", func(m *Meter) { time.Sleep(time.Hour); steady(m, 60000, time.Millisecond) }, 1000, 60000},
		{"large amounts", func(m *Meter) { time.Sleep(59 * time.Second); m.Mark64(59 << 40) }, 1 << 40, 59 << 40},
		{"negative amounts", func(m *Meter) { time.Sleep(10 * time.Second); m.Mark(-20) }, -2, -20},
		{"events after a negative amount", func(m *Meter) {
			m.Mark(1000)
			time.Sleep(10 * time.Minute)
			m.Mark(-1000)
			time.Sleep(2 * time.Minute)
			steady(m, 60, time.Second)
		}, 1, 60},
		{"slow events after a burst", func(m *Meter) { burst(m); steady(m, 500, time.Second/2) }, 2, 1523},
		{"events after a read and a pause", func(m *Meter) {
			burst(m)
			m.Rate()
			time.Sleep(10 * time.Minute)
			steady(m, 60, time.Second)
		}, 1, 1083},
		{"events after SetTotal and a pause", func(m *Meter) {
			burst(m)
			time.Sleep(10 * time.Minute)
			m.SetTotal(0)
			steady(m, 60, time.Second)
		}, 1, 60},
		{"no events after SetTotal", func(m *Meter) {
			steady(m, 20, time.Second)
			m.SetTotal(500)
			time.Sleep(5 * time.Minute)
		}, 0, 500},
		{"a clock that went back", func(m *Meter) {
			m.beginLocked(ticks()+int64(time.Hour), 0)
			steady(m, 60, time.Second)
		}, 1, 60},
		{"SetTotal keeps the rate", func(m *Meter) { steady(m, 20, time.Second); m.SetTotal(500) }, 1, 500},
		{"Reset forgets events", func(m *Meter) { steady(m, 20, time.Second); m.Reset(500); steady(m, 30, time.Second/3) }, 3, 530},
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

func TestFastMarksSeldomReadTheClock(t *testing.T) {
	for name, from := range map[string]int64{"small totals": 0, "totals near the highest integer": math.MaxInt64 - 2000} {
		synctest.Test(t, func(t *testing.T) {
			m := NewMeter(NewSeriesKey("m"))
			m.SetTotal(from)
			reads := 0
			for range 1900 {
				next := m.next.Load()
				if m.Mark(1); m.next.Load() != next {
					reads++
				}
			}
			if reads > 50 { // each stride is an eighth longer than the one before
				t.Errorf("%s: 1900 marks read the clock %d times", name, reads)
			}
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

// markLog is a meter and all its marks.
type markLog struct {
	*Meter
	when   []int64
	amount []int64
}

func (l *markLog) mark(n int64) {
	for range n {
		l.Mark(1)
	}
	l.when, l.amount = append(l.when, ticks()), append(l.amount, n)
}

// within returns the marks of the last d, a second of the last minute.
func (l *markLog) within(d time.Duration) (rate float64) {
	for i, when := range l.when {
		if ticks()-when <= int64(d) {
			rate += float64(l.amount[i])
		}
	}
	return rate / 60
}

// The rate reaches back a whole minute, however far apart and however uneven the marks
// are (dropwizard/metrics#439: a rate that forgets too soon shows a burst too high).
func TestRateReachesBackAMinute(t *testing.T) {
	for every := time.Second; every < 61*time.Second; every += 500 * time.Millisecond {
		for burst := range int(180*time.Second/every) - 1 {
			synctest.Test(t, func(t *testing.T) {
				l := markLog{Meter: NewMeter(NewSeriesKey("m"))}
				for i := range int(180 * time.Second / every) {
					time.Sleep(every)
					if i == burst {
						l.mark(1000)
					} else {
						l.mark(1)
					}
				}
				low, high := l.within(59*time.Second), l.within(61*time.Second)
				if every < 10*time.Second { // the clock is read once in a step, and a ninth of a burst is not timed
					low, high = l.within(49*time.Second), l.within(71*time.Second)
				}
				if got := l.Rate(); got < low-2 || got > high+2 {
					t.Errorf("%s apart, burst at %d: the rate is %v, want %v to %v", every, burst, got, low, high)
				}
			})
		}
	}
}

func TestBurstAmongRareMarksCountsForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := markLog{Meter: NewMeter(NewSeriesKey("m"))}
		for i := range 20 {
			time.Sleep(11 * time.Second)
			if i == 15 {
				l.mark(1000)
			}
			l.mark(1)
		}
		if got := l.Rate(); math.Abs(got-16.75) > .1 {
			t.Errorf("the rate is %v, want that of a minute, 16.75", got)
		}
	})
}

// TestRateOfRareMarks has events seconds to minutes apart, and no reads between
// them.
func TestRateOfRareMarks(t *testing.T) {
	for seed := range int64(300) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewSource(seed))
			l := markLog{Meter: NewMeter(NewSeriesKey("m"))}
			longest := int64(10*time.Second) << r.Intn(4)
			time.Sleep(72 * time.Second) // a younger meter counts its whole life
			for range 10 + r.Intn(50) {
				time.Sleep(time.Duration(1 + r.Int63n(longest)))
				l.mark(1)
			}
			time.Sleep(time.Duration(r.Int63n(longest)))
			got, low, high := l.Rate(), l.within(49*time.Second), l.within(71*time.Second)
			if got < low-1e-9 || got > high+1e-9 {
				t.Errorf("seed %d: the rate is %v, want %v to %v", seed, got, low, high)
			}
		})
	}
}

func TestDiffMeter(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("s")
	a, b := s.Meter("a"), s.Meter("b")
	s.DiffMeter("d", a, b)
	s.DiffMeter("d", b, a) // there is one
	s.DiffMeter("half", nil, b)
	a.Mark(5)
	b.Mark(2)
	got := Collect(r)
	if got["d,scope=s total"] != 3 || got["d,scope=s rate"] != 3 || got["half,scope=s total"] != -2 {
		t.Errorf("samples %v", got)
	}
}
