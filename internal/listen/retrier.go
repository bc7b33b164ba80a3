package listen

import (
	"context"
	"log/slog"
	"time"

	"monkit.example/internal/loglimit"
)

// A retrier handles a call that may fail many times in a row. It logs the
// first failure, at most once a minute, waits longer after each one, and logs that
// the call works again if it logged the failure. A retrier belongs to one goroutine.
type retrier struct {
	log  *slog.Logger
	what string // is done by the call, as in "accepting connections"

	limit  loglimit.Limit
	logged bool // the first of failures

	failures int // in a row
	since    time.Time
	pause    time.Duration // after the next failure
}

// The first pause is minPause, each later one twice as long, up to maxPause:
// the cause may be over soon, if for example file descriptors ran out.
const (
	minPause = 5 * time.Millisecond
	maxPause = time.Second
)

// failed records a failure and returns when the next attempt is due, or when
// ctx ends.
func (r *retrier) failed(ctx context.Context, err error) {
	if r.failures++; r.failures == 1 {
		r.since, r.pause = time.Now(), minPause
		var more int
		if more, r.logged = r.limit.Allow(r.since); r.logged {
			r.log.Warn(r.what+" failed; retrying", "err", err, "more", more)
		}
	}
	timer := time.NewTimer(r.pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	r.pause = min(2*r.pause, maxPause)
}

// succeeded records that the call worked.
func (r *retrier) succeeded() {
	if r.failures == 0 {
		return
	}
	if r.logged {
		r.log.Info(r.what+" works again", "after", time.Since(r.since).Round(time.Millisecond), "failures", r.failures)
	}
	r.failures = 0
}
