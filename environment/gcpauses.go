package environment

import (
	"runtime/debug"
	"sync"
	"time"

	"monkit.example/monkit"
)

var gcKey = monkit.NewSeriesKey("runtime_gcstats")

// pauses gathers how long each collection stopped the program, each pause
// once. The runtime keeps the last 256: of more collections between two
// reads, the earlier are not seen.
type pauses struct {
	mu   sync.Mutex
	last debug.GCStats        // guarded by mu; its slices serve every read
	seen int64                // guarded by mu: collections in dist, or missed
	dist *monkit.DurationDist // guarded by mu
}

// gcState is what was known at one read.
type gcState struct {
	lastGC     time.Time
	pauseTotal time.Duration
	pauses     *monkit.DurationDist // a copy
}

func newPauses() *pauses {
	return &pauses{dist: monkit.NewDurationDist(gcKey)}
}

func (p *pauses) read() gcState {
	p.mu.Lock()
	defer p.mu.Unlock()
	debug.ReadGCStats(&p.last)
	p.add(p.last.NumGC, p.last.Pause)
	return gcState{p.last.LastGC, p.last.PauseTotal, p.dist.Copy()}
}

// add takes the pauses since the last call, oldest first. They come newest
// first, numGC being the number of the first.
func (p *pauses) add(numGC int64, newestFirst []time.Duration) {
	fresh := min(numGC-p.seen, int64(len(newestFirst)))
	for i := fresh - 1; i >= 0; i-- {
		p.dist.Insert(newestFirst[i])
	}
	p.seen = numGC
}
