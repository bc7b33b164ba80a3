package send

import (
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// When a Sender is closed, no wait is longer than the hurryShare of the time that is
// left, and none is shorter than minHurry because of that.
const (
	hurryShare = 4
	minHurry   = 10 * time.Millisecond
)

// retrier decides when a Sender tries again, and knows how its destination is.
// Its methods may be called from any goroutine.
type retrier struct {
	mu      sync.Mutex
	backoff *backoff.ExponentialBackOff // guarded by mu, as all below
	end     time.Time                   // of the hurry; zero if there is none
	at      time.Time                   // no attempt before; zero if the last one succeeded
	byPeer  bool                        // the peer asked for at
	health  health
}

// health is what a Sender knows about its destination.
type health struct {
	last         error     // the last failure or rejection; it stays after recovery
	failingSince time.Time // zero while deliveries succeed
	failures     int64     // deliveries that failed, since the start
	before       int64     // failures before failingSince
	recoveries   int64     // how often failingSince became zero again
	rejection    error     // the last rejection
	rejections   int64     // number of rejections
	errors       [numClasses]int64
	lastSuccess  time.Time
}

// stateChanges returns how often the destination began to fail or to work.
func (h health) stateChanges() int64 {
	n := 2 * h.recoveries
	if !h.failingSince.IsZero() {
		n++
	}
	return n
}

// failure returns the last failure, or nil if deliveries succeed.
func (h health) failure() error {
	if h.failingSince.IsZero() {
		return nil
	}
	return h.last
}

// failuresInARow returns how many deliveries failed since the last one that did not.
func (h health) failuresInARow() int64 {
	if h.failingSince.IsZero() {
		return 0
	}
	return h.failures - h.before
}

// newRetrier returns a retrier without a limit on attempts or elapsed time: the age
// and size of the queue end retries.
func newRetrier(o Options) *retrier {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.MaxElapsedTime = o.InitialBackoff, o.MaxBackoff, 0
	b.Multiplier, b.RandomizationFactor = 2, 0.5
	b.Reset() // to the interval that is set now
	return &retrier{backoff: b}
}

// failed counts a failed delivery and sets when to try again.
func (r *retrier) failed(e *Error, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at, r.byPeer = now.Add(r.waitLocked(e, now)), e.after > 0
	h := &r.health
	h.last = redactedError{e.Err}
	if h.failingSince.IsZero() {
		h.failingSince, h.before = now, h.failures
	}
	h.failures++
	h.errors[classOf(e)]++
}

// succeeded ends the backoff after a delivery.
func (r *retrier) succeeded(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.health.lastSuccess = now
	r.respondedLocked()
}

// rejected counts a rejection. It ends the backoff, since the peer has responded,
// unless the transport rejected the lines without asking the peer.
func (r *retrier) rejected(e *Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.health.last = redactedError{e.Err}
	r.health.rejection = r.health.last
	r.health.rejections++
	r.health.errors[classOf(e)]++
	if e.kind != oversize {
		r.respondedLocked()
	}
}

// responded ends the backoff: the peer works.
func (r *retrier) responded() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.respondedLocked()
}

func (r *retrier) respondedLocked() {
	r.backoff.Reset()
	r.at, r.byPeer = time.Time{}, false
	if !r.health.failingSince.IsZero() {
		r.health.failingSince = time.Time{}
		r.health.recoveries++
	}
}

// hurry makes the next attempt due at once, unless the peer asked for the wait, and
// begins the backoff from its start. No later wait is longer than a quarter of the
// time until end, if that is not zero.
func (r *retrier) hurry(end time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.backoff.Reset()
	r.end = end
	if !r.byPeer {
		r.at = time.Time{}
	}
}

// waitLocked returns how long to wait after a failure. The transport has waited for
// a buffer.
func (r *retrier) waitLocked(e *Error, now time.Time) time.Duration {
	if e.kind == noBuffer {
		return 0
	}
	wait := max(r.backoffLocked(now), e.after, 0)
	if e.longest {
		wait = max(wait, r.backoff.MaxInterval)
	}
	return wait
}

// backoffLocked returns the next wait of the backoff.
func (r *retrier) backoffLocked(now time.Time) time.Duration {
	wait := r.backoff.NextBackOff()
	if !r.end.IsZero() {
		wait = min(wait, max(r.end.Sub(now)/hurryShare, minHurry))
	}
	return wait
}

// wait returns the time until the next attempt.
func (r *retrier) wait(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(r.at.Sub(now), 0)
}

func (r *retrier) snapshot() health {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.health
}
