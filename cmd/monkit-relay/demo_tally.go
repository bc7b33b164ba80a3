package main

import (
	"fmt"

	"monkit.example/reporters/ledger"
)

// tally is the ledger of the whole demo, from the program's reporter to the
// store, in lines.
type tally struct {
	Sent, Received, Accepted, Delivered, Pending, Unaccounted int64

	// Dropped counts the lines that were dropped or rejected. It has each
	// reason behind the place, such as "listener.malformed".
	Dropped ledger.Counts
}

// newTally joins the ledgers of the reporter, the listener and the destination.
// kernelDrops is how many datagrams the kernel dropped in front of the listener.
// If there are any, the lines missing there count as dropped for a full queue;
// otherwise they are unaccounted for.
func newTally(sent ledger.Ledger, in ledger.Listener, kernelDrops int64, out ledger.Ledger) tally {
	t := tally{
		Sent:      sent.Accepted,
		Received:  in.Received,
		Accepted:  in.Accepted,
		Delivered: out.Delivered,
		Pending:   sent.Pending + out.Pending,
	}
	t.drop("reporter", sent.Dropped)
	t.drop("listener", in.Rejected)
	t.drop("destination", out.Dropped)

	missing := sent.Delivered - in.Received
	if missing > 0 && kernelDrops > 0 {
		t.drop("kernel", ledger.Counts{ledger.QueueFull: missing})
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

// exitCode returns the exit code of the demo.
func (t tally) exitCode() int {
	if t.complete() {
		return exitOK
	}
	return exitFailed
}

// String returns the last line of the demo.
func (t tally) String() string {
	l := ledger.Ledger{Accepted: t.Accepted, Delivered: t.Delivered, Dropped: t.Dropped, Pending: t.Pending}
	return fmt.Sprintf("ledger: received=%d %v unaccounted=%d", t.Received, l, t.Unaccounted)
}
