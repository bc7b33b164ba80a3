package send

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// fakeDatagrams is a fakeMessenger whose payloads are datagrams.
type fakeDatagrams struct{ fakeMessenger }

func (*fakeDatagrams) datagrams() {}

func TestDatagramsOfABatchAreSpread(t *testing.T) {
	for _, tt := range []struct {
		name        string
		interval    time.Duration
		datagrams   int
		least, most time.Duration // from the first to the last
		together    int           // most within a millisecond
	}{
		{"over a fifth of the interval", 10 * time.Second, 10_000, 1500 * time.Millisecond, 2 * time.Second, 6},
		{"few need less", 10 * time.Second, 100, 20 * time.Millisecond, 30 * time.Millisecond, 4},
		{"without an interval over 100 ms", 0, 10_000, 90 * time.Millisecond, 110 * time.Millisecond, 120},
		{"one group is sent at once", 10 * time.Second, slotDatagrams, 0, 0, slotDatagrams},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeDatagrams{}
				s := New(f, Options{})
				if tt.interval > 0 {
					s.SetInterval(tt.interval)
				}
				for range tt.datagrams {
					mustSend(t, s, "a 1\n", 1)
				}
				if err := s.Flush(t.Context()); err != nil {
					t.Error(err)
				}
				if len(f.times) != tt.datagrams {
					t.Fatalf("%d datagrams were sent", len(f.times))
				}
				if d := f.times[tt.datagrams-1].Sub(f.times[0]); d < tt.least || d > tt.most {
					t.Errorf("they took %v, want %v to %v", d, tt.least, tt.most)
				}
				most, first := 0, 0
				for i := range f.times {
					for f.times[i].Sub(f.times[first]) >= time.Millisecond {
						first++
					}
					most = max(most, i-first+1)
				}
				if most > tt.together {
					t.Errorf("%d datagrams within a millisecond, want at most %d", most, tt.together)
				}
				s.Close(t.Context())
				checkLedger(t, s, "")
				if l := s.Ledger(); l.Delivered != int64(tt.datagrams) {
					t.Errorf("ledger: %v", l)
				}
			})
		})
	}
}

// Each batch has the whole time, whenever the one before it was sent.
func TestEachBatchOfDatagramsIsSpread(t *testing.T) {
	for _, idle := range []time.Duration{0, 99 * time.Millisecond, 1999 * time.Millisecond, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			f := &fakeDatagrams{}
			s := New(f, Options{})
			synctest.Wait() // the interval is known only when the Sender has begun to wait
			s.SetInterval(10 * time.Second)
			mustSend(t, s, "a 1\n", 1)
			time.Sleep(idle)
			for range 5000 {
				mustSend(t, s, "a 1\n", 1)
			}
			if err := s.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			if d := f.times[5000].Sub(f.times[1]); d < time.Second || d > 2*time.Second {
				t.Errorf("%v after the first, 5000 datagrams take %v", idle, d)
			}
			s.Close(t.Context())
			checkLedger(t, s, "accepted=5001 delivered=5001 dropped=0 pending=0")
		})
	}
}

func TestDatagramsFromDiskAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{}
		f := &fakeDatagrams{fakeMessenger{answer: g.answer}}
		s := New(f, spooled(t, t.TempDir()))
		accepted(t, s, 0, 2000, 100)
		time.Sleep(5 * time.Second)
		g.open.Store(true)
		failed := f.count()
		if err := s.Flush(within(t, time.Minute)); err != nil {
			t.Error(err)
		}
		// 100 ms, less the rounding of groups up to whole datagrams.
		if d := f.times[len(f.times)-1].Sub(f.times[failed]); d < 80*time.Millisecond {
			t.Errorf("%d datagrams took %v", len(f.times)-failed, d)
		}
		s.Close(t.Context())
		checkLedger(t, s, "accepted=2000 delivered=2000 dropped=0 pending=0")
	})
}

func TestCloseSendsDatagramsInHalfOfItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeDatagrams{}
		s := New(f, Options{})
		s.SetInterval(time.Minute)
		for range 5000 {
			mustSend(t, s, "a 1\n", 1)
		}
		start := time.Now()
		if err := s.Close(within(t, 200*time.Millisecond)); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d < 50*time.Millisecond || d > 110*time.Millisecond {
			t.Errorf("Close took %v", d)
		}
		checkLedger(t, s, "accepted=5000 delivered=5000 dropped=0 pending=0")
	})
}

func TestDatagramsAreNotJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeDatagrams{}
		s := New(f, Options{})
		for range 20 {
			mustSend(t, s, "a 1\n", 1)
		}
		s.Close(t.Context())
		if len(f.attempts) != 20 {
			t.Errorf("%d datagrams", len(f.attempts))
		}
		checkLedger(t, s, "accepted=20 delivered=20 dropped=0 pending=0")
	})
}

func TestPayloadsThatWaitAreDeliveredTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeMessenger{answer: func(int, []byte) error { time.Sleep(time.Second); return nil }}
		s := New(f, Options{ChunkBytes: 1000})
		for i := range 200 { // in two seconds, of 23 bytes or less each
			mustSend(t, s, string(numbered(i, 1)), 1)
			time.Sleep(10 * time.Millisecond)
		}
		if err := errors.Join(s.Flush(t.Context()), s.Close(t.Context())); err != nil {
			t.Error(err)
		}
		if n := f.count(); n < 5 || n > 7 {
			t.Errorf("%d deliveries, want the first line and what comes during a delivery, in chunks of 1000 bytes", n)
		}
		for _, a := range f.attempts {
			if len(a) > 1000 {
				t.Errorf("a delivery of %d bytes", len(a))
			}
		}
		if f.text() != string(numbered(0, 200)) {
			t.Error("lines are missing or not in order")
		}
		checkLedger(t, s, "accepted=200 delivered=200 dropped=0 pending=0")
	})
}
