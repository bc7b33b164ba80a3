package ledger

import (
	"maps"
	"math/rand/v2"
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
		"name_too_long": 22, "too_old": 23, "too_new": 24, "crash": 25, "spool_full": 26, "disk_error": 27, "corrupt": 28, "no_buffer": 29,
		"name_collision": 30, "http_on_line_port": 31, "tls_on_plain_port": 32, "buffers_full": 33,
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

// moving are cells that change before each load, by none or several steps that
// lines of a destination or listener take one after the other.
type moving struct {
	values
	steps []store // what each step adds to a cell
	next  int
	rand  *rand.Rand
}

func (m *moving) load(cell int) int64 {
	for range max(0, m.rand.IntN(12)-6) {
		step := m.steps[m.next%len(m.steps)]
		m.values[step.cell] += step.value
		m.next++
	}
	return m.values[cell]
}

// Reading balances whatever happens between two loads.
func TestLoadsAreConsistent(t *testing.T) {
	reason := cellOf[Expired]
	for _, tt := range []struct {
		load  func(func(int) int64) values
		check func(values) error
		steps [][]store
	}{
		{loadDestination, func(v values) error { return v.ledger().Check() }, [][]store{
			{{cellAccepted, 2}, {cellSent, 2}},
			{{cellAccepted, 2}, {reason, 2}},
			{{cellAccepted, 2}, {cellSent, 1}, {reason, 1}},
			{{cellAccepted, 2}, {cellSent, 2}, {cellRecalled, 2}, {cellSent, 2}},
			{{cellAccepted, 1}, {cellSent, 1}, {cellRecalled, 1}, {reason, 1}},
		}},
		{loadListener, func(v values) error { return v.listener().Check() }, [][]store{
			{{cellReceived, 2}, {cellAccepted, 2}},
			{{cellReceived, 2}, {reason, 2}},
			{{cellReceived, 2}, {cellAccepted, 1}, {reason, 1}},
		}},
	} {
		for _, steps := range tt.steps {
			m := &moving{steps: steps, rand: rand.New(rand.NewPCG(1, 2))}
			for i := range 2000 {
				if err := tt.check(tt.load(m.load)); err != nil {
					t.Errorf("steps %v, read %d: %v", steps, i, err)
					break
				}
			}
		}
	}
}
