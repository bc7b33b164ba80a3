package relay

import (
	"strings"
	"testing"

	"monkit.example/reporters/ledger"
)

func TestLedgerCheckFindsWhatDoesNotBalance(t *testing.T) {
	balanced := ledger.Ledger{Accepted: 3, Delivered: 2, Dropped: ledger.Counts{ledger.Expired: 1}}
	for _, tt := range []struct {
		name string
		l    Ledger
		want string // in the error; "" for none
	}{
		{"an empty ledger balances", Ledger{}, ""},
		{"all parts balance", Ledger{
			[]ListenerLedger{{Listener: ledger.Listener{Received: 4, Accepted: 3, Rejected: ledger.Counts{ledger.Malformed: 1}}}},
			[]DestinationLedger{{Name: "d", Ledger: balanced, Routed: 3}},
		}, ""},
		{"a listener lost a line", Ledger{Listeners: []ListenerLedger{{Listener: ledger.Listener{Received: 4, Accepted: 3}}}}, "received=4 accepted=3 rejected=0 unaccounted=1"},
		{"a destination lost a line", Ledger{Destinations: []DestinationLedger{{Name: "d", Ledger: ledger.Ledger{Accepted: 3, Delivered: 2}, Routed: 3}}}, "accepted=3 delivered=2 dropped=0 pending=0 unaccounted=1"},
		{"a line was not routed", Ledger{Destinations: []DestinationLedger{{Name: "d", Ledger: balanced, Routed: 4}}}, "d accepted 3 lines of the 4 routed to it"},
		{"a line was routed twice", Ledger{Destinations: []DestinationLedger{{Name: "d", Ledger: balanced, Routed: 2}}}, "d accepted 3 lines of the 2 routed to it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.l.Check()
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Check() = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestLedgerPrintsReasonsAndKernelDrops(t *testing.T) {
	in := ledger.Listener{Received: 3, Accepted: 1, Rejected: ledger.Counts{ledger.Malformed: 2}}
	l := Ledger{
		[]ListenerLedger{{Name: "udp", Listener: in, KernelDrops: 7, KnowsDrops: true}, {Name: "tcp", Listener: in, BadReadings: 4}},
		[]DestinationLedger{
			{Name: "d", Ledger: ledger.Ledger{Accepted: 9, Delivered: 2, Pending: 1, Dropped: ledger.Counts{ledger.Expired: 3, ledger.Closed: 2}}, Routed: 9},
			{Name: "u", Ledger: ledger.Ledger{Accepted: 9, Delivered: 9}, Routed: 9, Refused: 7},
		},
	}
	var got strings.Builder
	l.Print(&got)
	want := `ledger: received=6 accepted=2 rejected=4(malformed=4)
  from udp: received=3 accepted=1 rejected=2(malformed=2) kernel_dropped_datagrams=7
  from tcp: received=3 accepted=1 rejected=2(malformed=2) kernel_dropped_datagrams=unknown bad_readings=4
  to d: accepted=9 delivered=2 dropped=5(closed=2,expired=3) pending=1 unaccounted=1
  to u: accepted=9 delivered=9 dropped=0 pending=0 unaccounted=0 refused_datagrams=7
`
	if got.String() != want {
		t.Errorf("printed\n%swant\n%s", got.String(), want)
	}
}
