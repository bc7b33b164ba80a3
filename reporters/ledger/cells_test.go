package ledger

import (
	"maps"
	"slices"
	"testing"
)

func TestEveryReasonHasANumber(t *testing.T) {
	var got []string
	for _, r := range numbered {
		got = append(got, string(r))
	}
	slices.Sort(got)
	if want := declared(t); !slices.Equal(got, want) {
		t.Errorf("numbered are\n%q, want\n%q", got, want)
	}
	if len(cellOf) != len(numbered) {
		t.Errorf("%d reasons have %d cells", len(numbered), len(cellOf))
	}
}

// Files have counts by these numbers: they may be added to, and not be changed.
func TestReasonsKeepTheirNumbers(t *testing.T) {
	want := map[Reason]int{
		"malformed": 8, "too_long": 9, "truncated": 10, "ring_full": 11, "not_finite": 12, "unsupported": 13, "queue_full": 14,
		"expired": 15, "rejected": 16, "oversize": 17, "ambiguous": 18, "closed": 19, "send_failed": 20, "series_limit": 21,
		"name_too_long": 22, "too_old": 23, "too_new": 24, "crash": 25, "spool_full": 26, "disk_error": 27, "corrupt": 28,
	}
	if !maps.Equal(cellOf, want) {
		t.Errorf("the cells are\n%v, want\n%v", cellOf, want)
	}
}

func TestUnknownReasonsAreCounted(t *testing.T) {
	b, in := NewBook(), NewListenerBook()
	b.Accept(3)
	b.Drop(Reason("foreign"), 2)
	in.Receive(3)
	in.Reject(Reason("foreign"), 2)
	if got := b.Ledger(); got.Dropped[SendFailed] != 2 || got.Pending != 1 || got.Check() != nil {
		t.Errorf("got %v", got)
	}
	if got := in.Listener(); got.Rejected[Malformed] != 2 || got.Pending != 1 || got.Check() != nil {
		t.Errorf("got %v", got)
	}
}
