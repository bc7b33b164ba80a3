package reporters

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"monkit.example/reporters/ledger"
)

// exampleTime is the time between two examples of a reason: making one costs more
// than dropping the points.
const exampleTime = time.Second

// maxExample is how many bytes of an example are kept.
const maxExample = 200

// pointExamples has, for each reason, an example of points that the encoder has
// skipped, so that a person can see which. The zero value has none.
type pointExamples struct {
	mu  sync.Mutex
	all map[ledger.Reason]ledger.RejectedLine // guarded by mu
}

// skipErrors say why the encoder skips points.
var skipErrors = map[ledger.Reason]string{
	ledger.NotFinite:     "the value is NaN or infinite",
	ledger.Unsupported:   "the format has no such point",
	ledger.NameCollision: "the name is, as the format writes it, that of another series",
	ledger.SeriesLimit:   "there are as many series as there may be",
	ledger.NameTooLong:   "the name is longer than is kept",
}

// keep keeps a line that was received, or else the points of a run, of which some were
// skipped for a reason, unless there is an example of this second.
func (e *pointExamples) keep(reason ledger.Reason, destination string, line []byte, run []Point) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if now.Sub(e.all[reason].At) < exampleTime {
		return
	}
	if e.all == nil {
		e.all = make(map[ledger.Reason]ledger.RejectedLine)
	}
	text := string(line[:min(len(line), maxExample)])
	if text == "" && len(run) > 0 {
		text = runText(run)
	}
	e.all[reason] = ledger.RejectedLine{At: now, Destination: destination, Reason: reason, Lines: 1, Text: text, Err: skipErrors[reason]}
}

// runText returns "measurement,tag=value field=1,other=NaN", cut to maxExample.
func runText(run []Point) string {
	var b strings.Builder
	b.WriteString(run[0].Key.String())
	for i := range run {
		if b.Len() >= maxExample {
			break
		}
		b.WriteByte(" ,"[min(i, 1)])
		b.WriteString(run[i].Field)
		b.WriteByte('=')
		b.WriteString(strconv.FormatFloat(run[i].Value, 'g', -1, 64))
	}
	text := b.String()
	return strings.ToValidUTF8(text[:min(len(text), maxExample)], "")
}

// newest returns the examples, oldest first.
func (e *pointExamples) newest() (all []ledger.RejectedLine) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range e.all {
		all = append(all, l)
	}
	slices.SortFunc(all, byTime)
	return all
}

func byTime(a, b ledger.RejectedLine) int { return a.At.Compare(b.At) }
