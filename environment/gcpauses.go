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
	mu    sync.Mutex
	last  debug.GCStats        // guarded by mu; its slices serve every read
	seen  int64                // guarded by mu: collections in dist, or missed
	dist  *monkit.DurationDist // guarded by mu
	state gcState              // guarded by mu; being filled by read
	keep  emit                 // p.state.keep, made once
}

// gcState is what was known at one read.
type gcState struct {
	lastGC     time.Time
	pauseTotal time.Duration

	// The samples of the distribution, of which there are more kinds than now
	// are, so that none is lost if it gets another quantile.
	samples [32]sample
	n       int
}

type sample struct {
	field string
	val   float64
}

func newPauses() *pauses {
	p := &pauses{dist: monkit.NewDurationDist(gcKey)}
	p.keep = p.state.keep
	return p
}

func (p *pauses) read(s *gcState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	debug.ReadGCStats(&p.last)
	p.add(p.last.NumGC, p.last.Pause)
	p.state.lastGC, p.state.pauseTotal, p.state.n = p.last.LastGC, p.last.PauseTotal, 0
	p.dist.Stats(p.keep)
	*s = p.state
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

func (s *gcState) keep(_ monkit.SeriesKey, field string, val float64) {
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
