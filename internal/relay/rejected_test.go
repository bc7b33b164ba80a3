package relay

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// strict is a reporter whose server rejected lines.
type strict struct {
	fake
	lines []ledger.RejectedLine
}

func (s *strict) RejectedLines() []ledger.RejectedLine { return s.lines }

// The lines are in the order in which they were rejected, whatever rejected them,
// and a destination that rejects many hides no line of another.
func TestRejectedLinesOfListenersAndDestinations(t *testing.T) {
	start := time.Now()
	line := func(after time.Duration, text string) ledger.RejectedLine {
		return ledger.RejectedLine{At: start.Add(after), Destination: "its own name", Reason: ledger.Rejected, Lines: 1, Text: text}
	}
	few := &strict{lines: []ledger.RejectedLine{line(-time.Hour, "first"), line(time.Hour, "last")}}
	many := &strict{}
	for i := range 2 * maxRejectedLines {
		many.lines = append(many.lines, line(2*time.Hour, fmt.Sprint(i)))
	}
	var r Relay
	for name, reporter := range map[string]reporters.Reporter{"few": few, "many": many, "none": &fake{}} {
		r.addDestination(Destination{name, reporter}, "")
	}
	r.rejected.add("in", []reporters.RejectedLine{{Reason: ledger.Malformed, Text: "second", Err: errors.New("wrong")}})
	var got []string
	for _, l := range r.RejectedLines()[:4] {
		got = append(got, l.Text+" by "+l.Listener+l.Destination)
	}
	want := []string{"first by few", "second by in", "last by few", fmt.Sprint(maxRejectedLines, " by many")}
	if !slices.Equal(got, want) || len(r.RejectedLines()) != 3+maxRejectedLines {
		t.Errorf("%d lines, the first are %q, want %q", len(r.RejectedLines()), got, want)
	}
	if few.lines[0].Destination != "its own name" {
		t.Error("the reporter's lines were changed")
	}
}

func TestRejectedLineInJSON(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		line ledger.RejectedLine
		want string
	}{
		{ledger.RejectedLine{At: at, Listener: "in", Reason: ledger.Malformed, Lines: 1, Text: "x", Err: "wrong"},
			`[{"at":"2026-01-02T03:04:05Z","listener":"in","reason":"malformed","lines":1,"text":"x","error":"wrong"}]`},
		{ledger.RejectedLine{At: at, Destination: "out", Reason: ledger.Rejected, Lines: 7, Err: "conflict"},
			`[{"at":"2026-01-02T03:04:05Z","destination":"out","reason":"rejected","lines":7,"text":"","error":"conflict"}]`},
	} {
		got, err := json.Marshal(rejectedToJSON([]ledger.RejectedLine{tt.line}))
		if err != nil || string(got) != tt.want {
			t.Errorf("%v, %s\nwant %s", err, got, tt.want)
		}
	}
}
