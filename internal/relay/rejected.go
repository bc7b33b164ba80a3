package relay

import (
	"slices"
	"sync"
	"time"

	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// maxRejectedLines is how many rejected lines the page /bad shows of all listeners,
// and of each destination.
const maxRejectedLines = 20

// rejectedLines keeps the newest rejected lines of all listeners.
type rejectedLines struct {
	mu     sync.Mutex
	newest []ledger.RejectedLine // guarded by mu; oldest first
}

func (r *rejectedLines) add(listener string, lines []reporters.RejectedLine) {
	if len(lines) == 0 {
		return
	}
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range lines {
		r.newest = append(r.newest, ledger.RejectedLine{
			At: now, Listener: listener, Reason: l.Reason, Lines: 1, Text: l.Text, Err: l.Err.Error(),
		})
	}
	if n := len(r.newest) - maxRejectedLines; n > 0 {
		r.newest = slices.Delete(r.newest, 0, n)
	}
}

func (r *rejectedLines) clone() []ledger.RejectedLine {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.newest)
}

// RejectedLines returns the newest lines that listeners, or the servers of
// destinations, rejected, oldest first.
func (r *Relay) RejectedLines() []ledger.RejectedLine {
	all := r.rejected.clone()
	for _, d := range r.destinations {
		all = append(all, d.rejectedLines()...)
	}
	slices.SortStableFunc(all, func(a, b ledger.RejectedLine) int { return a.At.Compare(b.At) })
	return all
}

// rejectedLines returns the newest lines that the server rejected, by the name that
// the destination has in this relay.
func (d *destination) rejectedLines() []ledger.RejectedLine {
	q, ok := d.Reporter.(reporters.Quarantine)
	if !ok {
		return nil
	}
	lines := slices.Clone(q.RejectedLines())
	lines = lines[max(len(lines)-maxRejectedLines, 0):]
	for i := range lines {
		lines[i].Listener, lines[i].Destination = "", d.Name
	}
	return lines
}
