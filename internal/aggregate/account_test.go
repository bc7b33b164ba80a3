package aggregate

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// flood reports n counters with names of their own from a listener.
func flood(t *testing.T, a *Aggregate, listener, prefix string, n int) {
	t.Helper()
	all := make([]observed, n)
	for i := range all {
		all[i] = counted(fmt.Sprint(prefix, i), 1)
	}
	report(t, a, listener, all...)
}

func TestMemoryIsBounded(t *testing.T) {
	var log bytes.Buffer
	a := New(Options{Bytes: 100_000, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	flood(t, a, "udp", "c", 1000)
	u, l := a.Usage(), a.Ledger()
	if u.Bytes > u.MaxBytes || u.Bytes < u.MaxBytes*9/10 || int64(u.Series) != l.Pending || l.Dropped[ledger.SeriesLimit] != 1000-l.Pending || u.Refused != 1000-l.Pending {
		t.Errorf("usage %+v, ledger %v", u, l)
	}
	report(t, a, "udp", counted("c0", 2)) // a series that exists costs nothing
	if got := monkit.Collect(a)["c0 total"]; got != 3 {
		t.Errorf("c0 is %v", got)
	}
	if n := strings.Count(log.String(), "no room for new series"); n != 1 || !strings.Contains(log.String(), "listener=udp") {
		t.Errorf("the log is\n%s", &log)
	}
}

// One connection with 100 000 names must not have the series of all others refused.
func TestListenerCannotUseTheShareOfAnother(t *testing.T) {
	a := New(Options{Bytes: 300_000, Listeners: 3})
	flood(t, a, "hostile", "c", 2000)
	refused := a.Usage().Refused
	if refused == 0 {
		t.Fatal("the flood fits")
	}
	flood(t, a, "good", "g", 50)
	report(t, a, "other", timed("t", 1), member("s", "a"), level("v", 1))
	if u := a.Usage(); u.Refused != refused || u.Bytes > u.MaxBytes {
		t.Errorf("%d series of other listeners are refused, %+v", u.Refused-refused, u)
	}
	report(t, a, "hostile", counted("g0", 1)) // adds to the series of the other
	if got := monkit.Collect(a); got["g0 total"] != 2 || got["t count"] != 1 || got["s count"] != 1 {
		t.Errorf("the series of other listeners are %v %v %v", got["g0 total"], got["t count"], got["s count"])
	}
}

func TestIdleSeriesMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Options{Bytes: 50_000})
		flood(t, a, "", "flood", 1000)
		full := a.Usage().Series
		monkit.Collect(a)
		for range 4 { // flood0 stays in use
			time.Sleep(time.Minute)
			report(t, a, "", counted("flood0", 1), counted("new", 1))
			monkit.Collect(a)
		}
		if u := a.Usage(); u.Evicted != 0 || u.Series != full {
			t.Errorf("after four minutes, %+v", u)
		}
		time.Sleep(time.Minute)
		report(t, a, "", counted("new", 1))
		u, got := a.Usage(), monkit.Collect(a)
		if u.Evicted != 1 || u.Series != full || got["new total"] != 1 || got["flood0 total"] != 5 || got["flood2 total"] != 1 {
			t.Errorf("after five minutes, %+v, new is %v", u, got["new total"])
		}
		if _, found := got["flood1 total"]; found || len(a.order) != full {
			t.Errorf("the series that was idle for longest is still one of %d", len(a.order))
		}
		checkBalance(t, a)
	})
}

// A series whose lines no walk has emitted makes no room: they would be lost.
func TestSeriesThatWaitIsNotEvicted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Options{Bytes: 50_000})
		flood(t, a, "", "c", 1000)
		time.Sleep(time.Hour)
		report(t, a, "", counted("new", 1))
		if u := a.Usage(); u.Evicted != 0 {
			t.Errorf("%+v", u)
		}
		monkit.Collect(a)
		checkBalance(t, a)
	})
}

func TestGrowthOfSeriesIsBounded(t *testing.T) {
	a := New(Options{Bytes: 20_000})
	for i := range 5000 {
		report(t, a, "", timed("t", float64(1+i)), member("s", fmt.Sprint(i)))
	}
	u, l, got := a.Usage(), a.Ledger(), monkit.Collect(a)
	if u.Bytes > u.MaxBytes || got["t count"] != 5000 || l.Dropped[ledger.SeriesLimit] == 0 || got["s count"] != float64(5000-l.Dropped[ledger.SeriesLimit]) {
		t.Errorf("usage %+v, ledger %v, count of the timer %v, of the set %v", u, l, got["t count"], got["s count"])
	}
	if m := got["t r50"]; m < 2000 || m > 3000 {
		t.Errorf("the median is %v", m)
	}
}

func TestAccountKeepsTheOrder(t *testing.T) {
	a := ample()
	all := []*series{{last: 0}, {last: 1}, {last: 2}, {last: 3}}
	order := func() (text string) {
		for s := a.newest; s != nil; s = s.older {
			if s.older != nil && s.older.newer != s || s.older == nil && a.oldest != s {
				t.Fatal("the links do not agree")
			}
			text += fmt.Sprint(s.last)
		}
		return text
	}
	for _, step := range []struct {
		touch, unlink int
		want          string
	}{
		{0, -1, "0"}, {0, -1, "0"}, {1, -1, "10"}, {0, -1, "01"}, {2, -1, "201"}, {0, -1, "021"}, {3, -1, "3021"}, {2, -1, "2301"},
		{-1, 1, "230"}, {-1, 3, "20"}, {1, -1, "120"}, {-1, 1, "20"}, {-1, 0, "2"}, {-1, 2, ""}, {0, -1, "0"},
	} {
		if step.touch >= 0 {
			a.touch(all[step.touch])
		} else {
			a.unlink(all[step.unlink])
		}
		if got := order(); got != step.want {
			t.Fatalf("after %+v the order is %q", step, got)
		}
	}
}

// Each listener reports on a goroutine of its own.
func TestListenersMayBeFullAtOnce(t *testing.T) {
	var log bytes.Buffer
	a := New(Options{Bytes: 10_000, Listeners: 4, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	var done sync.WaitGroup
	for _, listener := range []string{"udp", "tcp", "unix"} {
		done.Go(func() {
			for i := range 50 {
				b := reporters.Batch{At: time.Now(), Listener: listener}
				for j := range 20 {
					line(&b, counted(fmt.Sprint(listener, i, "-", j), 1))
				}
				if err := a.Report(t.Context(), &b); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done.Wait()
	if u, l := a.Usage(), a.Ledger(); l.Accepted != 3000 || u.Refused != l.Dropped[ledger.SeriesLimit] || u.Refused < 2900 {
		t.Errorf("usage %+v, ledger %v", u, l)
	}
	if n := strings.Count(log.String(), "no room for new series"); n != 1 {
		t.Errorf("%d records are logged within a minute:\n%s", n, &log)
	}
	checkBalance(t, a)
}
