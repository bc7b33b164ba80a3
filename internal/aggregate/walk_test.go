package aggregate

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

// Senders must not wait while series are emitted.
func TestLinesDoNotWaitForTheCallback(t *testing.T) {
	a := New(Options{})
	flood(t, a, "", "c", 3*partLen)
	emitted := make(map[string]int)
	a.Stats(func(key monkit.SeriesKey, _ string, _ float64) {
		emitted[key.Measurement]++
		if len(emitted)%50 == 1 {
			report(t, a, "", counted("c0", 1), counted(fmt.Sprint("during", len(emitted)), 1)) // waits for ever if the lock is held
			if _, known := a.IsTotal(key, countField); !known {
				t.Error("IsTotal does not know the field")
			}
		}
	})
	for name, n := range emitted {
		if n != 1 {
			t.Errorf("%s is emitted %d times", name, n)
		}
	}
	if len(emitted) != 3*partLen {
		t.Errorf("%d series are emitted, want those that there were", len(emitted))
	}
	if len(a.order) != len(a.series) || len(monkit.Collect(a)) != len(a.series) {
		t.Errorf("%d series are in the order, want %d", len(a.order), len(a.series))
	}
	checkBalance(t, a)
}

func TestOrderSurvivesDeletionsDuringAWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Options{Bytes: 400_000})
		flood(t, a, "", "old", 2*partLen)
		monkit.Collect(a)
		time.Sleep(time.Hour)
		flood(t, a, "", "new", 2*partLen)
		time.Sleep(time.Second)
		n := 0
		a.Stats(func(key monkit.SeriesKey, _ string, _ float64) {
			if n++; n%10 == 0 {
				report(t, a, "", counted(fmt.Sprint("later", n), 1))
			}
		})
		want := len(a.series)
		if got := monkit.Collect(a); len(got) != want || len(a.order) != want || n < 2*partLen {
			t.Errorf("%d series are emitted, %d in the order, of %d", len(got), len(a.order), want)
		}
		checkBalance(t, a)
	})
}

func TestOrderSurvivesAPanicOfTheCallback(t *testing.T) {
	a := New(Options{})
	var all []observed
	for i := range 3 * partLen { // every other series is deleted by the second walk
		all = append(all, counted(fmt.Sprint("c", i), 1), member(fmt.Sprint("s", i), "x"))
	}
	report(t, a, "", all...)
	monkit.Collect(a)
	func() {
		defer func() { recover() }()
		n := 0
		a.Stats(func(monkit.SeriesKey, string, float64) {
			if n++; n > 2*partLen {
				panic("of the callback")
			}
		})
	}()
	monkit.Collect(a) // emits the last sets
	if got := monkit.Collect(a); len(got) != 3*partLen || len(a.order) != 3*partLen {
		t.Errorf("%d series are emitted and %d in the order, want %d", len(got), len(a.order), 3*partLen)
	}
	checkBalance(t, a)
}

func TestWalkEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Options{})
		flood(t, a, "", "c", 4*partLen)
		a.EndWalks(time.Now().Add(time.Second))
		n := 0
		a.Stats(func(monkit.SeriesKey, string, float64) {
			if n++; n%partLen == 0 {
				time.Sleep(600 * time.Millisecond)
			}
		})
		if l := a.Ledger(); n != 2*partLen || l.Delivered != int64(n) || l.Pending != 2*partLen {
			t.Errorf("%d series are emitted, ledger %v", n, l)
		}
		if len(a.order) != 4*partLen {
			t.Errorf("%d series are in the order", len(a.order))
		}
		a.Close(t.Context()) // never fails
		if l := a.Ledger(); l.Dropped[ledger.Closed] != 2*partLen {
			t.Errorf("ledger %v", l)
		}
		checkBalance(t, a)
	})
}

// The last walk may come right after another one, in the same interval: a 0 would
// replace the count.
func TestLastWalkEmitsNoEmptySet(t *testing.T) {
	a := New(Options{})
	report(t, a, "", member("s", "x"), member("r", "x"))
	monkit.Collect(a)
	report(t, a, "", member("r", "x"))
	a.EndWalks(time.Now().Add(time.Hour))
	if got := monkit.Collect(a); len(got) != 1 || got["r count"] != 1 {
		t.Errorf("the last walk emits %v", got)
	}
	checkBalance(t, a)
}

// A walk emits what came since the last one, also if that was longer ago than series
// are kept: the interval of walks may be longer.
func TestWalksThatAreFarApartLoseNoLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Options{Bytes: 40_000})
		report(t, a, "", counted("c", 5), level("g", 2), timed("t", 7), member("s", "x"))
		for walk := range 3 {
			time.Sleep(2 * time.Hour)
			flood(t, a, "", fmt.Sprint("new", walk), 100) // may take only the room of what was emitted
			got := monkit.Collect(a)
			if l := a.Ledger(); l.Pending != 0 || l.Dropped[ledger.Closed] != 0 {
				t.Errorf("walk %d: ledger %v", walk, l)
			}
			if walk == 0 && (got["c total"] != 5 || got["g value"] != 2 || got["t sum"] != 7 || got["s count"] != 1) {
				t.Errorf("the first walk emits %v", got)
			}
			if _, found := got["c total"]; walk > 0 && found {
				t.Error("a series that is idle is emitted after it was emitted once")
			}
			checkBalance(t, a)
		}
	})
}
