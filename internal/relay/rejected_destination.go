package relay

import (
	"slices"
	"sync"
	"time"

	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// destinationRejections follows which lines a destination does not get because of
// what they are. The ledger has how many, and the quarantine has the newest.
type destinationRejections struct {
	mu      sync.Mutex
	groups  []*RejectedGroup // guarded by mu, as all below; by reason
	begin   ledger.Counts    // of earlier runs
	seen    time.Time        // of the newest line of the quarantine that was looked at
	updated time.Time        // the last update
}

// start records what the destination dropped in earlier runs.
func (r *destinationRejections) start(d *destination) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begin = d.dropped()
}

// dropped returns how many lines d has dropped, by reason, or nil if it has no ledger.
func (d *destination) dropped() ledger.Counts {
	if k, ok := d.Reporter.(ledger.Keeper); ok {
		return nonzero(k.Ledger().Dropped)
	}
	return nil
}

// update looks at the ledger and the quarantine of d, and returns copies of the groups.
// Lines that the quarantine does not have count at the time of the update that finds
// them.
func (r *destinationRejections) update(d *destination, now time.Time) (all []RejectedGroup) {
	r.mu.Lock()
	defer r.mu.Unlock()
	dropped := d.dropped()
	r.lookLocked(d, dropped == nil)
	for _, reason := range aboutLines {
		if n := dropped[reason] - r.begin[reason]; n > 0 {
			r.countLocked(d, reason, n, now)
		}
	}
	r.updated = now
	for _, g := range r.groups {
		if g.Lines > 0 {
			all = append(all, *g)
		}
	}
	return all
}

// lookLocked takes examples and times from the newest lines of the quarantine, and
// counts these if there is no ledger.
func (r *destinationRejections) lookLocked(d *destination, counts bool) {
	q, ok := d.Reporter.(reporters.Quarantine)
	if !ok {
		return
	}
	seen := r.seen
	for _, l := range q.RejectedLines() {
		if !l.At.After(r.seen) {
			continue
		}
		seen = l.At
		g := r.groupLocked(d, l.Reason)
		g.count(0, l.At, l.At)
		if counts {
			g.Lines += int64(l.Lines)
		}
		g.Example = newExample(l.At, l.Lines, l.Text, l.Err)
	}
	r.seen = seen
}

// countLocked sets how many lines were dropped for a reason.
func (r *destinationRejections) countLocked(d *destination, reason ledger.Reason, n int64, now time.Time) {
	g := r.groupLocked(d, reason)
	if n > g.Lines && !g.Last.After(r.updated) {
		g.count(0, now, now)
	}
	g.Lines = n
	if g.Example.Lines == 0 {
		g.Example.Err = explanations[reason]
	}
}

func (r *destinationRejections) groupLocked(d *destination, reason ledger.Reason) *RejectedGroup {
	i := slices.IndexFunc(r.groups, func(g *RejectedGroup) bool { return g.Reason == reason })
	if i < 0 {
		i = len(r.groups)
		r.groups = append(r.groups, &RejectedGroup{Destination: d.Name, Reason: reason})
	}
	return r.groups[i]
}
