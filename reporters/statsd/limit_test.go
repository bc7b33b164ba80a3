package statsd

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// lineCount is a Sender that counts the lines it gets.
type lineCount struct{ lines int }

func (c *lineCount) Send(_ context.Context, payload []byte, _ int) error {
	c.lines += strings.Count(string(payload), "\n")
	return nil
}
func (*lineCount) Flush(context.Context) error { return nil }
func (*lineCount) Close(context.Context) error { return nil }

// Another client's names must not lock out one's own, if they come by another
// listener: each has its share. What is beyond that of one is counted.
func TestListenerThatFloodsLocksOutNoOther(t *testing.T) {
	const bound = 100_000
	report := func(r reporters.Reporter, listener, name string, n int, total float64) {
		t.Helper()
		b := &reporters.Batch{Format: "graphite", Listener: listener}
		for i := range n {
			p := reporters.Point{Key: key(fmt.Sprint(name, i)), Field: "total", Kind: reporters.Counter, Value: total}
			b.Points = append(b.Points, p)
			b.AddLine(nil, len(b.Points)-1)
		}
		if err := r.Report(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	var lines lineCount
	var calls countCalls
	for name, r := range map[string]reporters.Reporter{
		"lines":  reporters.NewPusher(NewCodec(Options{}), &lines, reporters.PusherOptions{Format: Format}),
		"client": FromClient(&calls),
	} {
		t.Run(name, func(t *testing.T) {
			report(r, "graphite+udp://:2003", "flood", bound+1, 1)
			report(r, "graphite+tcp://:2003", "own", 10, 5)
			report(r, "graphite+udp://:2003", "other", 10, 1)
			report(r, "graphite+tcp://:2003", "own", 10, 7)
			if lines.lines+calls.counts != 10 {
				t.Errorf("%d lines and %d calls are sent, want 10", lines.lines, calls.counts)
			}
			lines.lines, calls.counts = 0, 0
			checkLedger(t, r, ledger.Ledger{Accepted: bound + 31, Delivered: bound + 20, Dropped: ledger.Counts{ledger.SeriesLimit: 11}})
		})
	}
}

// Totals that are received, such as Graphite lines of a Telegraf that a relay
// sends on as StatsD, are remembered up to a bound. One more must not end the
// others: a map that is emptied when it is full, or that forgets the longest
// idle, has forgotten each total before it comes again.
func TestTotalsBeyondTheBoundAreDroppedAndOthersGoOn(t *testing.T) {
	const kept, all = 100_000, 100_010
	keys := make([]reporters.Point, all)
	for i := range keys {
		keys[i] = reporters.Point{Key: key(fmt.Sprint("m", i)), Field: "total", Kind: reporters.Counter}
	}
	report := func(t *testing.T, r reporters.Reporter, total float64) {
		b := &reporters.Batch{Format: "graphite"}
		for _, p := range keys {
			p.Value = total
			b.Points = append(b.Points, p)
			b.AddLine(nil, len(b.Points)-1)
		}
		if err := r.Report(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("lines", func(t *testing.T) {
		var sent lineCount
		r := reporters.NewPusher(NewCodec(Options{}), &sent, reporters.PusherOptions{Format: Format})
		for tick := range 3 {
			sent.lines = 0
			report(t, r, float64(tick))
			if want := kept * min(tick, 1); sent.lines != want {
				t.Errorf("tick %d: %d lines are sent, want %d", tick, sent.lines, want)
			}
		}
		checkLedger(t, r, ledger.Ledger{Accepted: 3 * all, Delivered: 3 * kept, Dropped: ledger.Counts{ledger.SeriesLimit: 3 * (all - kept)}})
	})
	t.Run("client", func(t *testing.T) {
		var sent countCalls
		r := FromClient(&sent)
		for tick := range 3 {
			report(t, r, float64(tick))
		}
		if sent.counts != 2*kept {
			t.Errorf("%d counts are sent, want %d", sent.counts, 2*kept)
		}
		checkLedger(t, r, ledger.Ledger{Accepted: 3 * all, Delivered: 3 * kept, Dropped: ledger.Counts{ledger.SeriesLimit: 3 * (all - kept)}})
	})
}
