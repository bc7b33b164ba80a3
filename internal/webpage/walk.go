package webpage

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// MaxWalks is how many pages of this process may walk a registry at a time. A
// walk reads every series or function, and each of them takes a processor from
// the program.
const MaxWalks = 2

// MaxWalkTime is how long a walk counts. One that takes longer most likely waits
// for a gauge that hangs, and other pages are needed to find out why.
const MaxWalkTime = 10 * time.Second

// walks are the walks in progress.
var walks = struct {
	mu    sync.Mutex
	last  uint64         // guarded by mu; the number of the latest walk
	all   [MaxWalks]Walk // guarded by mu; the number of a free place is 0
	freed chan struct{}  // wakes one of those that wait
}{freed: make(chan struct{}, 1)}

// Walk is one walk in progress.
type Walk struct {
	number uint64
	place  int // in walks.all
	began  time.Time
}

// BeginWalk waits until fewer than MaxWalks walks are in progress, or ctx ends.
// The caller calls End after its walk, and before it waits for a client.
func BeginWalk(ctx context.Context) (Walk, error) {
	w, wait := tryWalk()
	for wait > 0 {
		timer := time.NewTimer(wait)
		select {
		case <-walks.freed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return Walk{}, fmt.Errorf("wait for other pages: %w", context.Cause(ctx))
		}
		timer.Stop()
		w, wait = tryWalk()
	}
	return w, nil
}

// tryWalk begins a walk, or returns how long the oldest one counts at most.
func tryWalk() (w Walk, wait time.Duration) {
	walks.mu.Lock()
	defer walks.mu.Unlock()
	now := time.Now()
	oldest := 0
	for i, each := range walks.all {
		if each.number == 0 || each.began.Before(walks.all[oldest].began) {
			oldest = i
		}
		if each.number == 0 {
			break
		}
	}
	if held := walks.all[oldest]; held.number != 0 {
		if left := held.began.Add(MaxWalkTime).Sub(now); left > 0 {
			return Walk{}, left
		}
	}
	walks.last++
	w = Walk{number: walks.last, place: oldest, began: now}
	walks.all[oldest] = w
	wakeLocked()
	return w, 0
}

// End ends the walk. Later calls do nothing.
func (w Walk) End() {
	walks.mu.Lock()
	defer walks.mu.Unlock()
	if w.number != 0 && walks.all[w.place].number == w.number {
		walks.all[w.place] = Walk{}
		wakeLocked()
	}
}

// wakeLocked wakes one of those that wait, if there is a place.
func wakeLocked() {
	for _, each := range walks.all {
		if each.number == 0 {
			select {
			case walks.freed <- struct{}{}:
			default: // one is being woken
			}
			return
		}
	}
}
