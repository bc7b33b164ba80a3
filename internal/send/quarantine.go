package send

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/reporters/ledger"
)

const (
	// maxQuarantine and maxQuarantineBytes bound the lines that a quarantine
	// keeps. A person who looks for the cause needs a few.
	maxQuarantine      = 100
	maxQuarantineBytes = 64 << 10

	// maxRejectedText is where the text of a rejected line is cut.
	maxRejectedText = 1 << 10
)

// quarantine keeps the newest lines that the peer of a destination rejected. Its
// methods may be called from any goroutine.
type quarantine struct {
	destination string // set once by newQuarantine

	mu    sync.Mutex
	lines []ledger.RejectedLine // guarded by mu; oldest first
	bytes int                   // guarded by mu; of the texts in lines
}

// newQuarantine returns an empty quarantine. The name of the destination must hold
// no credentials.
func newQuarantine(destination string) *quarantine { return &quarantine{destination: destination} }

// add adds lines, of which it sets the destination. The oldest ones make room.
func (q *quarantine) add(lines ...ledger.RejectedLine) {
	lines = lines[max(len(lines)-maxQuarantine, 0):]
	if len(lines) == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, l := range lines {
		l.Destination = q.destination
		q.lines = append(q.lines, l)
		q.bytes += textBytes(&l)
	}
	n := 0
	for q.bytes > maxQuarantineBytes || len(q.lines)-n > maxQuarantine {
		q.bytes -= textBytes(&q.lines[n])
		n++
	}
	q.lines = slices.Delete(q.lines, 0, n)
}

// addOversize adds payload, by which the ledger grows by so many lines, as larger than
// the limit of what. A nil quarantine keeps nothing.
func (q *quarantine) addOversize(payload []byte, lines int, what string, limit int) {
	if q == nil || lines == 0 {
		return
	}
	q.add(ledger.RejectedLine{
		At: time.Now(), Reason: ledger.Oversize, Lines: lines, Text: cutText(payload),
		Err: fmt.Sprintf("%d bytes; %s at most %d", len(payload), what, limit),
	})
}

func textBytes(l *ledger.RejectedLine) int { return len(l.Text) + len(l.Err) }

// newest returns a copy of the lines, oldest first, in which credentials are masked.
func (q *quarantine) newest() []ledger.RejectedLine {
	q.mu.Lock()
	all := slices.Clone(q.lines)
	q.mu.Unlock()
	for i := range all {
		l := &all[i]
		l.Text, l.Err = endpoint.RedactLine(l.Text, l.Err, maxRejectedText+len("…"))
	}
	return all
}

// rejectedLines returns the lines of payload that e rejects: those that the peer
// named, and one entry for the others if it named fewer than rejected, which is
// their number in the ledger. It returns at most maxQuarantine.
func rejectedLines(payload []byte, rejected int, e *Error, now time.Time) []ledger.RejectedLine {
	var all []ledger.RejectedLine
	next, i := 0, 0
	for line := range bytes.Lines(payload) {
		if next == len(e.named) || rejected == 0 || len(all) == maxQuarantine-1 {
			break
		}
		if e.named[next].index == i {
			all = append(all, ledger.RejectedLine{At: now, Reason: ledger.Rejected, Lines: 1, Text: cutText(line), Err: e.wordsAbout(next)})
			rejected--
			next++
		}
		i++
	}
	if rejected > 0 {
		l := ledger.RejectedLine{At: now, Reason: ledger.Rejected, Lines: rejected, Err: Excerpt(e.Error())}
		if rejected == countLines(payload) && rejected == 1 {
			l.Text = cutText(payload)
		}
		all = append(all, l)
	}
	return all
}

// wordsAbout returns the peer's words about the line that it named, or its answer.
func (e *Error) wordsAbout(named int) string {
	if why := e.named[named].why; why != "" {
		return why
	}
	return Excerpt(e.Error())
}

// cutText returns a copy of line for a person to read.
func cutText(line []byte) string {
	line = bytes.TrimRight(line, "\r\n")
	if len(line) <= maxRejectedText {
		return string(line)
	}
	return strings.ToValidUTF8(string(line[:maxRejectedText]), "") + "…"
}
