package reporters

import (
	"slices"
	"testing"

	"monkit.example/reporters/ledger"
)

// hoarder is a Sender that keeps rejected lines.
type hoarder struct {
	recorder
	lines []ledger.RejectedLine
}

func (h *hoarder) RejectedLines() []ledger.RejectedLine { return h.lines }

func TestPusherHasTheSendersRejectedLines(t *testing.T) {
	lines := []ledger.RejectedLine{{Destination: "d", Reason: ledger.Rejected, Lines: 1, Text: "x"}}
	for _, tt := range []struct {
		out  Sender
		want []ledger.RejectedLine
	}{{&hoarder{lines: lines}, lines}, {&recorder{}, nil}} {
		if got := NewPusher(lineEncoder{}, tt.out, PusherOptions{}).RejectedLines(); !slices.Equal(got, tt.want) {
			t.Errorf("%T: %v, want %v", tt.out, got, tt.want)
		}
	}
}
