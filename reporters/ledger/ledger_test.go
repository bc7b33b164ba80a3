package ledger

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

func TestLedgerCheckFindsWhatIsUnaccountedFor(t *testing.T) {
	for _, tt := range []struct {
		name string
		l    Ledger
		want int64
	}{
		{"zero balances", Ledger{}, 0},
		{"each term counts", Ledger{6, 1, 2, Counts{QueueFull: 2, Expired: 1}, 3}, 0},
		{"a line that vanished is found", Ledger{6, 5, 0, nil, 0}, 1},
		{"a line counted twice is found", Ledger{1, 1, 0, Counts{Expired: 1}, 0}, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.l.Unaccounted(); got != tt.want {
				t.Errorf("Unaccounted() = %d, want %d", got, tt.want)
			}
			if err := tt.l.Check(); (err == nil) != (tt.want == 0) {
				t.Errorf("Check() = %v", err)
			}
		})
	}
}

func TestListenerCheckFindsWhatIsUnaccountedFor(t *testing.T) {
	if err := (Listener{4, 2, Counts{Malformed: 1}, 1}).Check(); err != nil {
		t.Error(err)
	}
	if err := (Listener{3, 2, nil, 0}).Check(); err == nil {
		t.Error("a line that is neither accepted nor rejected passes")
	}
}

// What is pending is derived, so a line that is counted as two things leaves no
// line unaccounted for, but a negative number.
func TestCheckFindsNegativeNumbers(t *testing.T) {
	for _, l := range []Ledger{
		{Accepted: 1, Delivered: 2, Pending: -1},
		{Accepted: 1, Delivered: -1, Pending: 2},
		{Accepted: -1, Pending: -1},
		{Recalled: -1},
	} {
		if l.Unaccounted() != 0 || l.Check() == nil {
			t.Errorf("%v: %d unaccounted, Check() = %v", l, l.Unaccounted(), l.Check())
		}
	}
	for _, l := range []Listener{{Received: 1, Accepted: 2, Pending: -1}, {Accepted: -1, Pending: 1}, {Received: -1, Pending: -1}} {
		if l.Check() == nil {
			t.Errorf("%v passes", l)
		}
	}
}

func TestAddLeavesBothAlone(t *testing.T) {
	a := Ledger{1, 0, 0, Counts{Expired: 1}, 1}
	b := Ledger{3, 1, 1, Counts{Expired: 1}, 2}
	if got, want := a.Add(b).String(), "accepted=4 delivered=1 dropped=2(expired=2) pending=1 recalled=3"; got != want {
		t.Errorf("sum is %s, want %s", got, want)
	}
	if a.Dropped[Expired] != 1 || b.Dropped[Expired] != 1 {
		t.Errorf("Add changed %v or %v", a, b)
	}
	if got := (Ledger{}).Add(b).Dropped.Sum(); got != 1 {
		t.Errorf("the empty ledger and b have %d dropped lines, want 1", got)
	}
	c, d := Listener{3, 2, Counts{Malformed: 1}, 0}, Listener{6, 3, Counts{Malformed: 1, TooLong: 1}, 1}
	if got, want := c.Add(d).String(), "received=9 accepted=5 rejected=3(malformed=2,too_long=1) pending=1"; got != want {
		t.Errorf("sum is %s, want %s", got, want)
	}
	if c.Rejected[Malformed] != 1 || d.Rejected[Malformed] != 1 {
		t.Errorf("Add changed %v or %v", c, d)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	l := Ledger{Accepted: 1, Dropped: Counts{Expired: 1}}
	c := l.Clone()
	c.Drop(Expired, 1)
	if l.Dropped[Expired] != 1 {
		t.Errorf("the clone's line is counted in %v", l)
	}
}

func TestCountMakesTheMapOnlyForLines(t *testing.T) {
	var l Ledger
	l.Drop(Expired, 0)
	if l.Dropped != nil {
		t.Errorf("no lines made %v", l.Dropped)
	}
	l.Drop(Expired, 2)
	l.Drop(Expired, 1)
	var in Listener
	in.Reject(Malformed, 1)
	if l.Dropped[Expired] != 3 || in.Rejected[Malformed] != 1 {
		t.Errorf("counted %v and %v", l, in)
	}
}

func TestReasonsArePrintedSortedWithoutZeros(t *testing.T) {
	for _, tt := range []struct {
		c    Counts
		want string
	}{
		{nil, ""},
		{Counts{Expired: 0}, ""},
		{Counts{QueueFull: 2, Closed: 0, Expired: 1}, "expired=1,queue_full=2"},
	} {
		if got := tt.c.String(); got != tt.want {
			t.Errorf("%#v is printed as %q, want %q", tt.c, got, tt.want)
		}
	}
	if got := (Ledger{Accepted: 1, Delivered: 1}).String(); got != "accepted=1 delivered=1 dropped=0 pending=0" {
		t.Errorf("a ledger without reasons is %s", got)
	}
}

func TestErrorKeepsWhatItWraps(t *testing.T) {
	cause := errors.New("the queue is closed")
	err := fmt.Errorf("send: %w", &Error{Closed, cause})
	if !errors.Is(err, cause) || err.Error() != "send: the queue is closed" {
		t.Errorf("got %v", err)
	}
	if r := ReasonOf(err); r != Closed {
		t.Errorf("the reason is %q, want %q", r, Closed)
	}
	if r := ReasonOf(cause); r != SendFailed {
		t.Errorf("the reason of another error is %q, want %q", r, SendFailed)
	}
}

// Dashboards and alerts hang on these words: a change of one is a breaking
// change.
func TestReasonsKeepTheirWords(t *testing.T) {
	want := []string{
		"ambiguous", "buffers_full", "closed", "corrupt", "crash", "disk_error", "expired", "http_on_line_port", "malformed", "name_collision", "name_too_long", "no_buffer", "not_finite", "oversize",
		"queue_full", "rejected", "ring_full", "send_failed", "series_limit", "spool_full", "tls_on_plain_port", "too_long", "too_new", "too_old", "truncated",
		"unsupported",
	}
	if got := declared(t); !slices.Equal(got, want) {
		t.Errorf("the reasons are\n%q, want\n%q", got, want)
	}
}

// declared returns the values of all constants of reason.go, sorted.
func declared(t *testing.T) (all []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range f.Decls {
		if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.CONST {
			for _, spec := range d.Specs {
				lit := spec.(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value
				all = append(all, lit[1:len(lit)-1])
			}
		}
	}
	slices.Sort(all)
	return all
}
