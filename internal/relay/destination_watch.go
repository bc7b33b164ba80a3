package relay

import (
	"context"
	"sync"
	"time"

	"monkit.example/reporters/ledger"
)

const (
	// watchInterval is the time between two samples of a destination.
	watchInterval = 10 * time.Second
	// maxSamples are those of the last minute.
	maxSamples = 7
	// minGrowthTime is the least time from which a growth is known.
	minGrowthTime = time.Second
)

// watch has samples of what waits for a destination, from which it is known how fast
// that grows.
type watch struct {
	mu      sync.Mutex
	samples []sample // guarded by mu; oldest first
}

// sample is what a sender knew at one time.
type sample struct {
	at                             time.Time
	queue, spool, refused, dropped int64
}

func newSample(st ledger.SenderStats, at time.Time) sample {
	lost := st.Ledger.Dropped
	return sample{
		at: at, queue: st.QueueBytes, spool: st.Spool.Bytes, refused: st.Transport.Refused,
		dropped: lost[ledger.QueueFull] + lost[ledger.Expired] + lost[ledger.SpoolFull] + lost[ledger.DiskError],
	}
}

// changes is what has changed over a time of up to a minute.
type changes struct {
	over         time.Duration // zero if too little is known
	queue, spool int64         // bytes; of an outage, since it began
	refused      int64         // datagrams
	dropped      int64         // lines, since they waited for too long or were too many
}

// add keeps a sample and forgets the oldest.
func (w *watch) add(s sample) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.samples) == maxSamples {
		w.samples = append(w.samples[:0], w.samples[1:]...)
	}
	w.samples = append(w.samples, s)
}

// since returns the changes from the samples to st. While the destination fails, what
// was before that does not count.
func (w *watch) since(st ledger.SenderStats, now time.Time) (c changes) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.samples) == 0 {
		return c
	}
	s, first := newSample(st, now), w.samples[0]
	c.refused = s.refused - first.refused
	begin := first
	for _, earlier := range w.samples {
		if earlier.at.Before(st.FailingSince) {
			begin, begin.at = earlier, st.FailingSince
		}
	}
	if c.over = now.Sub(begin.at); c.over < minGrowthTime {
		return changes{refused: c.refused}
	}
	c.queue, c.spool, c.dropped = s.queue-begin.queue, s.spool-begin.spool, s.dropped-begin.dropped
	return c
}

// look takes a sample of each destination, and notes what it rejected.
func (r *Relay) look(now time.Time) {
	for _, d := range r.destinations {
		if st, ok := d.stats(); ok {
			d.watch.add(newSample(st, now))
		}
	}
	for _, d := range r.allDestinations() {
		d.rejected.update(d, now)
	}
}

// watchDestinations looks at the destinations again and again until stop is called.
func (r *Relay) watchDestinations() (stop func()) {
	r.look(time.Now())
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(watchInterval)
		defer tick.Stop()
		for {
			select {
			case now := <-tick.C:
				r.look(now)
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		watching.Wait()
	}
}
