package environment

import (
	"runtime/debug"
	"sync"
	"time"

	"monkit.example/monkit"
)

var gcKey = monkit.NewSeriesKey("runtime_gcstats")

// pauses is the distribution of how long garbage collections stopped the
// program. Each pause is inserted once. The runtime keeps the last 256 pauses; if
// there were more collections between two reads, the earliest are missed.
type pauses struct {
	append emit // p.state.append, made once

	mu    sync.Mutex
	last  debug.GCStats        // guarded by mu; its slices are reused by each read
	seen  int64                // guarded by mu; collections that are in dist or were missed
	dist  *monkit.DurationDist // guarded by mu
	state gcState              // guarded by mu; filled by read
}

// gcState is the result of one read.
type gcState struct {
	lastGC     time.Time
	pauseTotal time.Duration

	// The samples of the distribution. A distribution has 14 fields now; the
	// array has room for more, so that none is lost if it gets another quantile.
	samples [32]sample
	n       int
}

type sample struct {
	field string
	val   float64
}

func newPauses() *pauses {
	p := &pauses{dist: monkit.NewDurationDist(gcKey)}
	p.append = p.state.append
	return p
}

// read adds the pauses since the last read, and sets s.
func (p *pauses) read(s *gcState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	debug.ReadGCStats(&p.last)
	p.addLocked(p.last.NumGC, p.last.Pause)
	p.state.lastGC, p.state.pauseTotal, p.state.n = p.last.LastGC, p.last.PauseTotal, 0
	p.dist.Stats(p.append)
	*s = p.state
}

// addLocked inserts the pauses since the last call into the distribution, the
// oldest first. numGC is the number of collections so far, the last of which made
// the first pause of newestFirst.
func (p *pauses) addLocked(numGC int64, newestFirst []time.Duration) {
	fresh := min(numGC-p.seen, int64(len(newestFirst)))
	for i := fresh - 1; i >= 0; i-- {
		p.dist.Insert(newestFirst[i])
	}
	p.seen = numGC
}

func (s *gcState) append(_ monkit.SeriesKey, field string, val float64) {
	if s.n < len(s.samples) {
		s.samples[s.n] = sample{field, val}
		s.n++
	}
}

func (s *gcState) emit(cb emit) {
	for _, v := range s.samples[:s.n] {
		cb(gcKey, v.field, v.val)
	}
}
