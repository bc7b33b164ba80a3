package listen

import (
	"context"
	"log/slog"
	"time"
)

// trouble is a system call that fails over and over: it is told once, tried
// again ever more slowly, and told once more when it is over.
type trouble struct {
	log      *slog.Logger
	what     string
	failures int
	since    time.Time
	pause    time.Duration
}

// A retry comes after minPause, then twice as long each time up to maxPause:
// file descriptors, say, may be free again soon.
const (
	minPause = 5 * time.Millisecond
	maxPause = time.Second
)

// failed waits until the next attempt is due, or ctx ends.
func (t *trouble) failed(ctx context.Context, err error) {
	if t.failures++; t.failures == 1 {
		t.since, t.pause = time.Now(), minPause
		t.log.Warn(t.what+" failed; trying on", "err", err)
	}
	timer := time.NewTimer(t.pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	t.pause = min(2*t.pause, maxPause)
}

func (t *trouble) worked() {
	if t.failures == 0 {
		return
	}
	t.log.Info(t.what+" works again", "after", time.Since(t.since).Round(time.Millisecond), "failures", t.failures)
	t.failures = 0
}
