// Package examples keeps one line for each reason for which lines were dropped, so
// that a person can see which.
package examples

import (
	"slices"
	"strings"
	"sync"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/printable"
	"monkit.example/reporters/ledger"
)

const (
	// Interval is the time between two examples of a reason: making one costs more
	// than dropping a line.
	Interval = time.Second
	// MaxText is how many bytes of an example are shown.
	MaxText = 200
	// MaxKept is how many are kept until it is masked: a credential that is cut
	// before its end, such as that of a URL, may not be known.
	MaxKept = 512
)

// Examples has the newest example of each reason. The zero value has none. Its methods
// may be called concurrently.
type Examples struct {
	mu  sync.Mutex
	all map[ledger.Reason]ledger.RejectedLine // guarded by mu
}

// Keep keeps an example of lines that a destination does not get for a reason, unless
// there is one that is younger than Interval. text is called for it only.
func (e *Examples) Keep(reason ledger.Reason, destination, err string, text func() string) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if now.Sub(e.all[reason].At) < Interval {
		return
	}
	if e.all == nil {
		e.all = make(map[ledger.Reason]ledger.RejectedLine)
	}
	e.all[reason] = ledger.RejectedLine{
		At: now, Destination: destination, Reason: reason, Lines: 1, Text: strings.Clone(printable.Prefix(text(), MaxKept)), Err: err,
	}
}

// Newest returns the examples, oldest first, without credentials.
func (e *Examples) Newest() (all []ledger.RejectedLine) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range e.all {
		l.Text, l.Err = endpoint.RedactLine(l.Text, l.Err, MaxText)
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b ledger.RejectedLine) int { return a.At.Compare(b.At) })
	return all
}
