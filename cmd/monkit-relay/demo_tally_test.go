package main

import (
	"testing"

	"monkit.example/reporters/ledger"
)

func TestTallyAccountsForEveryLine(t *testing.T) {
	for _, tt := range []struct {
		name     string
		sent     ledger.Ledger
		in       ledger.Listener
		kernel   int64
		out      ledger.Ledger
		complete bool
		want     string
	}{
		{
			"all lines arrived",
			ledger.Ledger{Accepted: 5, Delivered: 5}, ledger.Listener{Received: 5, Accepted: 5}, 0, ledger.Ledger{Accepted: 5, Delivered: 5}, true,
			"ledger: received=5 accepted=5 delivered=5 dropped=0 pending=0 unaccounted=0",
		}, {
			"the reporter dropped two lines",
			ledger.Ledger{Accepted: 5, Delivered: 3, Dropped: ledger.Counts{ledger.QueueFull: 2}}, ledger.Listener{Received: 3, Accepted: 3}, 0, ledger.Ledger{Accepted: 3, Delivered: 3}, false,
			"ledger: received=3 accepted=3 delivered=3 dropped=2(reporter.queue_full=2) pending=0 unaccounted=0",
		}, {
			"the kernel dropped a datagram",
			ledger.Ledger{Accepted: 5, Delivered: 5}, ledger.Listener{Received: 3, Accepted: 3}, 1, ledger.Ledger{Accepted: 3, Delivered: 3}, false,
			"ledger: received=3 accepted=3 delivered=3 dropped=2(kernel.queue_full=2) pending=0 unaccounted=0",
		}, {
			"missing lines without kernel drops are unaccounted for",
			ledger.Ledger{Accepted: 5, Delivered: 5}, ledger.Listener{Received: 3, Accepted: 3}, 0, ledger.Ledger{Accepted: 3, Delivered: 3}, false,
			"ledger: received=3 accepted=3 delivered=3 dropped=0 pending=0 unaccounted=2",
		}, {
			"the listener rejected one line and the destination dropped another",
			ledger.Ledger{Accepted: 5, Delivered: 5}, ledger.Listener{Received: 5, Accepted: 4, Rejected: ledger.Counts{ledger.Malformed: 1}}, 0,
			ledger.Ledger{Accepted: 4, Delivered: 3, Dropped: ledger.Counts{ledger.SeriesLimit: 1}}, false,
			"ledger: received=5 accepted=4 delivered=3 dropped=2(destination.series_limit=1,listener.malformed=1) pending=0 unaccounted=0",
		}, {
			"two lines are pending",
			ledger.Ledger{Accepted: 5, Delivered: 4, Pending: 1}, ledger.Listener{Received: 4, Accepted: 4}, 0, ledger.Ledger{Accepted: 4, Delivered: 3, Pending: 1}, false,
			"ledger: received=4 accepted=4 delivered=3 dropped=0 pending=2 unaccounted=0",
		}, {
			"lines that are too many do not hide missing ones",
			ledger.Ledger{Accepted: 5, Delivered: 5}, ledger.Listener{Received: 6, Accepted: 6}, 0, ledger.Ledger{Accepted: 5, Delivered: 5}, false,
			"ledger: received=6 accepted=6 delivered=5 dropped=0 pending=0 unaccounted=2",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := newTally(tt.sent, tt.in, tt.kernel, tt.out)
			if got.String() != tt.want || got.complete() != tt.complete {
				t.Errorf("the tally is %v (complete: %v), want %s (%v)", got, got.complete(), tt.want, tt.complete)
			}
			if want := map[bool]int{true: exitOK, false: exitFailed}[tt.complete]; got.exitCode() != want {
				t.Errorf("the exit code is %d, want %d", got.exitCode(), want)
			}
		})
	}
}
