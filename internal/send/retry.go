package send

import (
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// retrier decides when a Sender tries again, and knows how its destination is.
// The goroutine of the Sender calls its methods, except snapshot and skip, which
// any goroutine may call.
type retrier struct {
	backoff *backoff.ExponentialBackOff // owned by the goroutine of the Sender

	mu     sync.Mutex
	at     time.Time // guarded by mu, as all below; no attempt before; zero if the last one succeeded
	byPeer bool      // the peer asked for at
	health health
}

// health is what a Sender knows about its destination.
type health struct {
	last         error     // the last failure or rejection; it stays after recovery
	failingSince time.Time // zero while deliveries succeed
	failures     int64     // deliveries that failed, since the start
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
	wait := max(r.backoff.NextBackOff(), e.after, 0)
	if e.longest {
		wait = max(wait, r.backoff.MaxInterval)
	}
	r.at = now.Add(wait)
	r.byPeer = e.after > 0
	h := &r.health
	h.last = e.Err
	h.failures++
	h.errors[classOf(e)]++
	if h.failingSince.IsZero() {
		h.failingSince = now
	}
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
	r.health.last, r.health.rejection = e.Err, e.Err
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

// skip makes the next attempt due at once, unless the peer asked for the wait.
func (r *retrier) skip() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.byPeer {
		r.at = time.Time{}
	}
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
