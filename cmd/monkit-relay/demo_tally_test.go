package main

import (
	"testing"

	"monkit.example/internal/ledger"
)

func TestTallyAccountsForEveryLine(t *testing.T) {
	type why = map[string]int64
	for _, tt := range []struct {
		name     string
		sent     ledger.Ledger
		in       ledger.Intake
		kernel   int64
		out      ledger.Ledger
		complete bool
		want     string
	}{
		{
			"all arrived",
			ledger.Ledger{Accepted: 5, Delivered: 5}, ledger.Intake{Received: 5, Accepted: 5}, 0, ledger.Ledger{Accepted: 5, Delivered: 5}, true,
			"ledger: received=5 accepted=5 delivered=5 dropped=0 pending=0 unexplained=0",
		}, {
			"the reporter dropped some",
			ledger.Ledger{Accepted: 5, Delivered: 3, Dropped: why{"full": 2}}, ledger.Intake{Received: 3, Accepted: 3}, 0, ledger.Ledger{Accepted: 3, Delivered: 3}, false,
			"ledger: received=3 accepted=3 delivered=3 dropped=2 pending=0 unexplained=0 (reporter.full=2)",
		}, {
			"the kernel dropped some",
			ledger.Ledger{Accepted: 5, Delivered: 5}, ledger.Intake{Received: 3, Accepted: 3}, 1, ledger.Ledger{Accepted: 3, Delivered: 3}, false,
			"ledger: received=3 accepted=3 delivered=3 dropped=2 pending=0 unexplained=0 (kernel.buffer_full=2)",
		}, {
			"some are missing and nobody knows why",
			ledger.Ledger{Accepted: 5, Delivered: 5}, ledger.Intake{Received: 3, Accepted: 3}, 0, ledger.Ledger{Accepted: 3, Delivered: 3}, false,
			"ledger: received=3 accepted=3 delivered=3 dropped=0 pending=0 unexplained=2",
		}, {
			"the listener refused one and the store another",
			ledger.Ledger{Accepted: 5, Delivered: 5}, ledger.Intake{Received: 5, Accepted: 4, Rejected: why{"malformed": 1}}, 0,
			ledger.Ledger{Accepted: 4, Delivered: 3, Dropped: why{"series_limit": 1}}, false,
			"ledger: received=5 accepted=4 delivered=3 dropped=2 pending=0 unexplained=0 (listener.malformed=1 store.series_limit=1)",
		}, {
			"some are still on their way",
			ledger.Ledger{Accepted: 5, Delivered: 4, Pending: 1}, ledger.Intake{Received: 4, Accepted: 4}, 0, ledger.Ledger{Accepted: 4, Delivered: 3, Pending: 1}, false,
			"ledger: received=4 accepted=4 delivered=3 dropped=0 pending=2 unexplained=0",
		}, {
			"too many here do not make up for too few there",
			ledger.Ledger{Accepted: 5, Delivered: 5}, ledger.Intake{Received: 6, Accepted: 6}, 0, ledger.Ledger{Accepted: 5, Delivered: 5}, false,
			"ledger: received=6 accepted=6 delivered=5 dropped=0 pending=0 unexplained=2",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := newTally(tt.sent, tt.in, tt.kernel, tt.out)
			if got.String() != tt.want || got.complete() != tt.complete {
				t.Errorf("tally is %v (complete: %v), want %s (%v)", got, got.complete(), tt.want, tt.complete)
			}
		})
	}
}
