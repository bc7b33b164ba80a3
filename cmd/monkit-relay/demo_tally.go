package main

import (
	"fmt"

	"monkit.example/reporters/ledger"
)

// tally is the demo's ledger from the program's reporter to the store, in
// lines.
type tally struct {
	Received, Accepted, Delivered, Pending, Unaccounted int64

	// Dropped has each reason with the place where lines were dropped before
	// it, such as "listener.malformed".
	Dropped ledger.Counts
}

// newTally joins the ledgers of the program's reporter, the relay's listener
// and the store. kernelDrops is how many datagrams the system dropped between
// the first two. If there are any, the lines missing there are put down to
// them; otherwise they are unaccounted for.
func newTally(sent ledger.Ledger, in ledger.Listener, kernelDrops int64, out ledger.Ledger) tally {
	t := tally{
		Received:  in.Received,
		Accepted:  in.Accepted,
		Delivered: out.Delivered,
		Pending:   sent.Pending + out.Pending,
	}
	t.drop("reporter", sent.Dropped)
	t.drop("listener", in.Rejected)
	t.drop("store", out.Dropped)

	missing := sent.Delivered - in.Received
	if missing > 0 && kernelDrops > 0 {
		t.drop("kernel", ledger.Counts{"buffer_full": missing})
		missing = 0
	}
	// Each step is counted by itself, so that lines that are too many in one
	// do not hide lines that are missing in another.
	for _, step := range []int64{
		sent.Unaccounted(),
		missing,
		in.Received - in.Accepted - in.Rejected.Sum(),
		in.Accepted - out.Accepted,
		out.Unaccounted(),
	} {
		t.Unaccounted += max(step, -step)
	}
	return t
}

func (t *tally) drop(place string, counts ledger.Counts) {
	for reason, n := range counts {
		t.Dropped.Count(ledger.Reason(place)+"."+reason, n)
	}
}

// complete reports whether every line arrived.
func (t tally) complete() bool {
	return t.Dropped.Sum() == 0 && t.Pending == 0 && t.Unaccounted == 0
}

// String returns the demo's last line.
func (t tally) String() string {
	dropped := fmt.Sprint(t.Dropped.Sum())
	if reasons := t.Dropped.String(); reasons != "" {
		dropped += "(" + reasons + ")"
	}
	return fmt.Sprintf("ledger: received=%d accepted=%d delivered=%d dropped=%s pending=%d unaccounted=%d",
		t.Received, t.Accepted, t.Delivered, dropped, t.Pending, t.Unaccounted)
}
