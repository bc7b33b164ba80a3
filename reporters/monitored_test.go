package reporters

import (
	"testing"

	"monkit.example/reporters/ledger"
)

// informed is a Sender that knows how its destination is, unless known is false.
type informed struct {
	recorder
	known bool
}

func (i *informed) SenderStats() (ledger.SenderStats, bool) {
	return ledger.SenderStats{QueueBytes: 7, Ledger: ledger.Ledger{Accepted: 100}}, i.known
}

func TestPusherHasTheStatsOfItsSender(t *testing.T) {
	for _, tt := range []struct {
		name string
		out  Sender
		want bool
	}{
		{"a Monitored", &informed{known: true}, true},
		{"a Monitored that knows nothing", &informed{}, false},
		{"any other", &recorder{}, false},
	} {
		p := NewPusher(lineEncoder{}, tt.out, PusherOptions{})
		if err := p.Send(t.Context(), []byte("a 1\nb 1\n"), 2); err != nil {
			t.Fatal(err)
		}
		st, ok := p.SenderStats()
		if ok != tt.want || ok && (st.QueueBytes != 7 || st.Ledger.String() != p.Ledger().String() || st.Ledger.Accepted != 2) {
			t.Errorf("%s: %+v, %v", tt.name, st, ok)
		}
		if err := p.Ledger().Check(); err != nil {
			t.Error(err)
		}
	}
}
