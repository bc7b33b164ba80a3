package send

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"monkit.example/reporters/ledger"
)

func TestQuarantineKeepsTheNewestLines(t *testing.T) {
	q := newQuarantine("d")
	q.add()
	if got := q.newest(); len(got) != 0 {
		t.Errorf("an empty quarantine has %v", got)
	}
	for i := range 3 * maxQuarantine {
		q.add(ledger.RejectedLine{Text: fmt.Sprint(i), Destination: "another"})
	}
	many := make([]ledger.RejectedLine, maxQuarantine+5)
	for i := range many {
		many[i].Text = fmt.Sprint("many ", i)
	}
	before := q.newest()
	q.add(many...)
	for _, tt := range []struct {
		lines []ledger.RejectedLine
		last  string
	}{{before, fmt.Sprint(3*maxQuarantine - 1)}, {q.newest(), fmt.Sprint("many ", maxQuarantine+4)}} {
		if n := len(tt.lines); n != maxQuarantine || tt.lines[n-1].Text != tt.last || tt.lines[0].Destination != "d" {
			t.Errorf("%d lines, the last is %+v, want %d and %q", n, tt.lines[n-1], maxQuarantine, tt.last)
		}
	}
}

func TestQuarantineIsBoundedInBytes(t *testing.T) {
	q := newQuarantine("d")
	for i := range 90 {
		q.add(ledger.RejectedLine{Text: strings.Repeat("x", maxRejectedText), Err: fmt.Sprint(i)})
	}
	sum := 0
	lines := q.newest()
	for _, l := range lines {
		sum += len(l.Text) + len(l.Err)
	}
	if sum > maxQuarantineBytes || sum < maxQuarantineBytes-2*maxRejectedText || lines[len(lines)-1].Err != "89" {
		t.Errorf("%d lines have %d bytes, the last is %q", len(lines), sum, lines[len(lines)-1].Err)
	}
	q.add(ledger.RejectedLine{Err: strings.Repeat("x", maxQuarantineBytes+1)})
	q.add(ledger.RejectedLine{Text: "y"})
	if got := q.newest(); len(got) != 1 || got[0].Text != "y" || q.bytes != 1 {
		t.Errorf("after a line of more than all: %d lines, %d bytes", len(got), q.bytes)
	}
}

func TestQuarantineIsConcurrent(t *testing.T) {
	q := newQuarantine("d")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 100 {
				q.add(ledger.RejectedLine{Text: fmt.Sprint(i)})
				q.newest()
			}
		})
	}
	wg.Wait()
	if got := len(q.newest()); got != maxQuarantine {
		t.Errorf("%d lines", got)
	}
}

func TestRejectedLinesOfAnAnswer(t *testing.T) {
	at := time.Unix(1, 0)
	const payload = "a 1\nb 2\r\nc 3\n"
	line := func(lines int, text, why string) ledger.RejectedLine {
		return ledger.RejectedLine{At: at, Reason: ledger.Rejected, Lines: lines, Text: text, Err: why}
	}
	const status = "the server responded with 400 Bad Request: "
	for _, tt := range []struct {
		name, payload, text string
		want                []ledger.RejectedLine
	}{
		{"quoted", payload, "partial write: unable to parse 'b 2': no dropped=0", []ledger.RejectedLine{line(1, "b 2", "no")}},
		{"quoted, and others", payload, "partial write: unable to parse 'a 1': no dropped=2", []ledger.RejectedLine{
			line(1, "a 1", "no"), line(2, "", status+"partial write: unable to parse 'a 1': no dropped=2")}},
		{"not known which", payload, "partial write: dropped=2", []ledger.RejectedLine{line(2, "", status+"partial write: dropped=2")}},
		{"the only line", "a 1\n", "partial write: dropped=1", []ledger.RejectedLine{line(1, "a 1", status+"partial write: dropped=1")}},
		{"none", payload, "partial write: dropped=0", nil},
	} {
		e := classify(respondWith(400, http.Header{}, tt.text, tt.payload))
		got := rejectedLines([]byte(tt.payload), e.rejected, e, at)
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
}

func TestRejectedLinesOfAnAnswerAreBounded(t *testing.T) {
	bad := []byte(strings.ReplaceAll(string(numbered(0, 500)), "line", "bad"))
	e := classify(quoting(5000)(string(bad)))
	got := rejectedLines(bad, 500, e, time.Unix(0, 0))
	sum := 0
	for _, l := range got {
		sum += l.Lines
	}
	if len(got) != maxQuarantine || sum != 500 {
		t.Errorf("%d entries for %d lines", len(got), sum)
	}
}

func TestTextOfARejectedLineIsCut(t *testing.T) {
	long := strings.Repeat("x", maxRejectedText)
	for _, tt := range []struct{ in, want string }{
		{"a\r\n", "a"}, {long + "\n", long}, {long + "x", long + "…"}, {long[1:] + "ä", long[1:] + "…"},
	} {
		if got := cutText([]byte(tt.in)); got != tt.want {
			t.Errorf("%.10q: got %d bytes", tt.in, len(got))
		}
	}
}

// A line that does not fit into the queue, or into a record on disk, has its example.
func TestLinesTooLongForTheQueueAreKept(t *testing.T) {
	long := strings.Repeat("l", 3000) + "\n"
	check := func(t *testing.T, got []ledger.RejectedLine) {
		t.Helper()
		if len(got) != 1 || got[0].Reason != ledger.Oversize || got[0].Lines != 1 || !strings.HasPrefix(got[0].Text, long[:200]) || !strings.Contains(got[0].Err, "3001 bytes") || got[0].At.IsZero() {
			t.Errorf("kept %+v", got)
		}
	}
	t.Run("queue", func(t *testing.T) {
		s := New(&fakeMessenger{}, Options{MaxBytes: 2000})
		mustSend(t, s, long, 1)
		mustSend(t, s, "short\n", 1)
		s.Close(within(t, 10*time.Second)) // the error names what was dropped
		check(t, s.RejectedLines())
		checkLedger(t, s, "accepted=2 delivered=1 dropped=1(oversize=1) pending=0")
	})
	t.Run("record", func(t *testing.T) {
		q := newQueue(Options{}.withDefaults(), &fakeMessenger{})
		q.kept, q.bounds.record = newQuarantine("d"), 2000
		now := time.Now()
		q.accept([]byte(long), 1, now)
		q.accept([]byte("short\n"), 1, now)
		if all := q.due(now.Add(time.Minute), false); len(all) != 1 || string(all[0].buf) != "short\n" {
			t.Errorf("due are %d chunks", len(all))
		}
		check(t, q.kept.newest())
		if l := q.ledger(); l.Check() != nil || l.Dropped[ledger.Oversize] != 1 || l.Pending != 1 {
			t.Errorf("the ledger is %v", l)
		}
	})
}

func TestQuarantineShowsNoCredentials(t *testing.T) {
	q := newQuarantine("d")
	q.add(ledger.RejectedLine{Text: "cpu,token=hunter2 v=1", Err: "cannot parse 'token=hunter2'"})
	for range 2 {
		if l := q.newest()[0]; l.Text != "cpu,token=xxxxx v=1" || strings.Contains(l.Err, "hunter2") {
			t.Errorf("the line is %+v", l)
		}
	}
}
