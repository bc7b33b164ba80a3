package aggregate

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// DogStatsD's protocol v1.3: a gauge or a count with a time is passed on as it is,
// and not aggregated.
func TestStampedPointsArePassedOn(t *testing.T) {
	var got []string
	a := New(Options{Stamped: func(_ context.Context, b *reporters.Batch) error {
		if b.Format != "" || len(b.Lines) != 0 {
			t.Error("the batch has lines")
		}
		for _, p := range b.Points {
			got = append(got, fmt.Sprint(p.Key, " ", p.Field, " ", p.Value, " ", p.Kind, " ", p.Time))
		}
		return nil
	}})
	const second = 1_700_000_000
	report(t, a, "", level("g", 8).at(second), counted("c", 5).at(second), timed("t", 7).at(second).weighing(10), counted("c", 1))
	for i, want := range []string{"g value 8 gauge 1700000000000000000", "c value 5 counter_delta 1700000000000000000", "t value 7 sample 1700000000000000000"} {
		if len(got) != 3 || got[i] != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	for range 2 {
		if all := monkit.Collect(a); len(all) != 1 || all["c total"] != 1 {
			t.Errorf("the series are %v", all)
		}
	}
	if l := a.Ledger(); l.Delivered != 4 || len(got) != 3 {
		t.Errorf("ledger is %v", l)
	}
	checkBalance(t, a)
}

func TestStampedChangesAreUnsupported(t *testing.T) {
	for name, stamped := range map[string]func(context.Context, *reporters.Batch) error{
		"passed on": func(context.Context, *reporters.Batch) error { t.Error("a batch is passed on"); return nil }, "dropped": nil,
	} {
		a := New(Options{Stamped: stamped})
		report(t, a, "", moved("g", 1).at(5), member("s", "x").at(5))
		if stamped == nil {
			report(t, a, "", level("g", 1).at(5))
		}
		if l := a.Ledger(); l.Dropped[ledger.Unsupported] != l.Accepted || len(monkit.Collect(a)) != 0 {
			t.Errorf("%s: ledger is %v", name, l)
		}
	}
}

func TestErrorOfStampedIsReturned(t *testing.T) {
	want := errors.New("no")
	a := New(Options{Stamped: func(context.Context, *reporters.Batch) error { return want }})
	b := reporters.Batch{At: time.Now()}
	line(&b, level("g", 1).at(5), counted("c", 2))
	if err := a.Report(t.Context(), &b); err != want {
		t.Errorf("the error is %v", err)
	}
	checkBalance(t, a)
}
