package aggregate

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
			got = append(got, fmt.Sprint(p.Key, " ", p.Field, " ", p.Value, " ", p.Kind, " ", p.Time, " ", p.Weight()))
		}
		return nil
	}})
	const second = 1_700_000_000
	report(t, a, "", level("g", 8).at(second), counted("c", 5).at(second), timed("t", 7).at(second).weighing(10), counted("c", 1))
	for i, want := range []string{"g value 8 gauge 1700000000000000000 1", "c value 5 counter_delta 1700000000000000000 1", "t value 7 sample 1700000000000000000 10"} {
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

// A server has one value of a name and a time (InfluxDB: a point of the same measurement,
// tags and time replaces the field; Carbon: one value a second), and a field is written
// once in a line.
func TestStampedPointsOfOneNameAndTimeAreOnePoint(t *testing.T) {
	tagged := func(o observed, tags string) observed { o.tags = tags; return o }
	for _, tt := range []struct {
		name    string
		lines   [][]observed
		want    string
		dropped ledger.Counts
	}{
		{"packed counts", [][]observed{{counted("c", 1).at(5), counted("c", 2).at(5), counted("c", -4).at(5)}}, "c=-1@5", nil},
		{"counts of several lines", [][]observed{{counted("c", 1).at(5)}, {counted("d", 9).at(5)}, {counted("c", 1).at(5)}, {counted("c", 1).at(5)}}, "c=3@5 d=9@5", nil},
		{"other times", [][]observed{{counted("c", 1).at(5)}, {counted("c", 2).at(6)}, {counted("c", 4).at(5)}}, "c=5@5 c=2@6", nil},
		{"other tags", [][]observed{{tagged(counted("c", 1).at(5), "k=v"), tagged(counted("c", 2).at(5), "k=w"), tagged(counted("c", 4).at(5), "k=v")}}, "c,k=v=5@5 c,k=w=2@5", nil},
		{"gauges", [][]observed{{level("g", 1).at(5), level("g", 2).at(5)}, {level("g", 3).at(5)}}, "g=3@5", nil},
		{"packed samples", [][]observed{{timed("t", 10).at(5), timed("t", 20).at(5), timed("t", 30).at(5)}}, "t=10@5", ledger.Counts{ledger.Unsupported: 1}},
		{"samples of several lines", [][]observed{{timed("t", 10).at(5)}, {timed("t", 20).at(5)}, {timed("t", 30).at(6)}}, "t=10@5 t=30@6", ledger.Counts{ledger.Unsupported: 1}},
		{"two kinds", [][]observed{{counted("x", 1).at(5)}, {level("x", 2).at(5)}, {timed("x", 3).at(5)}, {level("x", 4).at(6)}}, "x=1@5 x=4@6", ledger.Counts{ledger.NameCollision: 2}},
		{"an infinite sum", [][]observed{{counted("c", 1.5e308).at(5)}, {counted("c", 1.5e308).at(5)}}, "c=1.5e+308@5", ledger.Counts{ledger.NotFinite: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			a := New(Options{Stamped: func(_ context.Context, b *reporters.Batch) error {
				if b.Listener != "udp" {
					t.Errorf("the batch is of the listener %q, want udp, whose share its points use", b.Listener)
				}
				for _, p := range b.Points {
					got = append(got, fmt.Sprintf("%v=%v@%d", p.Key, p.Value, p.Time/1e9))
				}
				return nil
			}})
			b := reporters.Batch{At: time.Now(), Listener: "udp"}
			for _, l := range tt.lines {
				line(&b, l...)
			}
			if err := a.Report(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			if text := strings.Join(got, " "); text != tt.want {
				t.Errorf("passed on %q, want %q", text, tt.want)
			}
			l := a.Ledger()
			if l.Delivered != l.Accepted-tt.dropped.Sum() || fmt.Sprint(l.Dropped) != fmt.Sprint(tt.dropped) {
				t.Errorf("ledger %v, want dropped %v", l, tt.dropped)
			}
			if n := len(a.RejectedLines()); n != len(tt.dropped) {
				t.Errorf("there are %d examples of dropped lines, want one of each reason", n)
			}
			checkBalance(t, a)
		})
	}
}
