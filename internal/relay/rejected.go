package relay

import (
	"slices"
	"sync"
	"time"

	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// maxRejectedLines is how many rejected lines are kept for a page to show.
const maxRejectedLines = 20

// RejectedLine is a line that a listener rejected.
type RejectedLine struct {
	At       time.Time
	Listener string
	Reason   ledger.Reason
	Text     string // cut to 200 bytes
	Err      string
}

// rejectedLines keeps the newest rejected lines of all listeners.
type rejectedLines struct {
	mu     sync.Mutex
	newest []RejectedLine // guarded by mu; oldest first
}

func (r *rejectedLines) add(listener string, lines []reporters.RejectedLine) {
	if len(lines) == 0 {
		return
	}
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range lines {
		r.newest = append(r.newest, RejectedLine{now, listener, l.Reason, l.Text, l.Err.Error()})
	}
	if n := len(r.newest) - maxRejectedLines; n > 0 {
		r.newest = slices.Delete(r.newest, 0, n)
	}
}

// RejectedLines returns the newest lines that were rejected, oldest first.
func (r *Relay) RejectedLines() []RejectedLine {
	r.rejected.mu.Lock()
	defer r.rejected.mu.Unlock()
	return slices.Clone(r.rejected.newest)
}
