package collect

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// A program with many series must end when its supervisor says so: after the
// context has ended, the last walk takes no more samples, whose entries would
// have to be made and deleted.
func TestLastWalkTakesNoSamplesAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const before, after = 10, 1_000_000
		key := monkit.NewSeriesKey("m")
		passed := 0
		src := monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
			for i := range before {
				cb(key, fmt.Sprint(i), 1)
			}
			time.Sleep(time.Minute)
			for range after {
				cb(key, fmt.Sprint(before), 1)
				passed++
			}
		})
		p := &probe{name: "p"}
		c := New(src, Options{Interval: time.Hour, Spread: -1}, p)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if err := c.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close() = %v, want that the last values are not reported", err)
		}
		if took := time.Since(began); took > time.Second+graceTime {
			t.Errorf("Close took %v, want 1s", took)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		stats := monkit.Collect(c)
		if taken := stats["collect points"] + stats["collect duplicates"]; taken != before || passed != after {
			t.Errorf("%v samples were taken of %d before the end of the context and %d after it", taken, before, passed)
		}
		if n := len(p.all()); n != 0 {
			t.Errorf("%d batches were reported of a walk that was cut short", n)
		}
	})
}

// A flush that gives up loses nothing: the batch is reported when the walk ends.
func TestWalkOfAFlushThatGaveUpIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := monkit.NewSeriesKey("m")
		src := monkit.StatSourceFunc(func(cb func(monkit.SeriesKey, string, float64)) {
			cb(key, "first", 1)
			time.Sleep(2 * time.Second)
			cb(key, "last", 1)
		})
		p := &probe{name: "p"}
		c := New(src, Options{Interval: time.Hour, Spread: -1}, p)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Flush() = %v, want the error of its context", err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if all := p.all(); len(all) != 1 || len(all[0].values) != 2 {
			t.Errorf("batches %v, want one with both values", all)
		}
		closeNow(t, c)
	})
}

// The end of a table must not cost a deletion for each series.
func TestTableIsClosedAsAWhole(t *testing.T) {
	numbers := new(ids)
	l := listOf(100)
	w := newWalker(l, numbers, nil)
	w.Walk(new(reporters.Batch), time.Now())
	points, series := len(w.table.byText), len(w.table.series)
	w.table.close()
	if got := len(numbers.points.free); got != points || points == 0 {
		t.Errorf("%d numbers of points are free, want %d", got, points)
	}
	if got := len(numbers.series.free); got != series || series == 0 {
		t.Errorf("%d numbers of series are free, want %d", got, series)
	}
	if w.table.byText != nil || w.table.byKey != nil || w.table.order != nil {
		t.Error("a closed table still has its entries")
	}
}
