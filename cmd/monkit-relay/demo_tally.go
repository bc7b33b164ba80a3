package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"monkit.example/internal/ledger"
)

// tally is the demo's ledger over the whole way, from the program's reporter
// to the store, in lines.
type tally struct {
	Received, Accepted, Delivered int64
	Dropped, Pending, Unexplained int64

	Why map[string]int64 // Dropped by reason, each with where it happened
}

// newTally joins the ledgers of the way: what the program's reporter sent, what
// the relay's listener took in, and what became of that. kernelDrops is how
// many datagrams the system says it threw away; the lines that are missing
// between sender and listener are put down to them, or to nothing.
func newTally(sent ledger.Ledger, in ledger.Intake, kernelDrops int64, out ledger.Ledger) tally {
	t := tally{
		Received:  in.Received,
		Accepted:  in.Accepted,
		Delivered: out.Delivered,
		Pending:   sent.Pending + out.Pending,
		Why:       make(map[string]int64),
	}
	t.drop("reporter", sent.Dropped)
	t.drop("listener", in.Rejected)
	t.drop("store", out.Dropped)

	missing := sent.Delivered - in.Received
	if missing > 0 && kernelDrops > 0 {
		t.drop("kernel", map[string]int64{"buffer_full": missing})
		missing = 0
	}
	refused := ledger.Ledger{Dropped: in.Rejected}.Lost()
	// Each step by itself: what is too much in one must not hide what is too
	// little in another.
	for _, step := range []int64{
		sent.Unexplained(),
		missing,
		in.Received - in.Accepted - refused,
		in.Accepted - out.Accepted,
		out.Unexplained(),
	} {
		t.Unexplained += max(step, -step)
	}
	return t
}

func (t *tally) drop(where string, reasons map[string]int64) {
	for why, n := range reasons {
		if n != 0 {
			t.Why[where+"."+why] += n
			t.Dropped += n
		}
	}
}

// complete reports whether every line arrived.
func (t tally) complete() bool {
	return t.Dropped == 0 && t.Pending == 0 && t.Unexplained == 0
}

// String is the demo's last line, with the reasons of what was dropped.
func (t tally) String() string {
	s := fmt.Sprintf("ledger: received=%d accepted=%d delivered=%d dropped=%d pending=%d unexplained=%d",
		t.Received, t.Accepted, t.Delivered, t.Dropped, t.Pending, t.Unexplained)
	if len(t.Why) == 0 {
		return s
	}
	var why strings.Builder
	for _, reason := range slices.Sorted(maps.Keys(t.Why)) {
		fmt.Fprintf(&why, " %s=%d", reason, t.Why[reason])
	}
	return s + " (" + why.String()[1:] + ")"
}
