package send

import (
	"context"
	"time"

	"monkit.example/monkit"
)

const (
	// maxWindow is the largest number of bytes in flight to a Stream. It is what
	// a path of 100 ms and 300 Mbit/s holds.
	maxWindow = 4 << 20

	// A Stream is asked for acknowledgements after minPoll, then less and less
	// often up to maxPoll. An acknowledgement takes a round trip, which is 1 ms
	// within a building, and Flush and Close should return soon after it. While
	// no caller waits, it is enough to count lines as delivered after 50 ms.
	minPoll = time.Millisecond
	maxPoll = 50 * time.Millisecond
	// redoPoll is how often a Stream with nothing in flight is asked whether its
	// connection has failed, while chunks are kept for a redo.
	redoPoll = time.Second
)

// window writes chunks to a Stream, and settles them when the peer has
// acknowledged all of their bytes. Its methods are for the goroutine that holds the
// Sender's stepping.
type window struct {
	*queue
	retry  *retrier
	stream Stream

	times *monkit.DurationVal // of writes

	rest         []byte        // of the newest chunk in flight: what is still to be written
	pollAt       time.Time     // when step is called again at the latest; zero is never
	atMostOnce   bool          // nothing is kept for a redo
	unacked      int           // bytes written to stream and not settled
	pollInterval time.Duration // until stream is asked for acknowledgements again
}

// step settles the chunks that are acknowledged, and writes new ones while there
// is room in flight. It returns how long to wait before the next step.
func (w *window) step(ctx context.Context) time.Duration {
	for ctx.Err() == nil {
		redo, err := w.readAcknowledged()
		if err != nil {
			w.fail(err)
			return 0
		}
		p := w.next()
		if len(p) == 0 {
			return w.schedule(w.nextPoll(redo))
		}
		began := time.Now()
		n, err := w.stream.Write(ctx, p)
		w.wrote(n, began)
		if err != nil {
			if ctx.Err() == nil {
				w.fail(err)
			}
			return 0
		}
	}
	return forever
}

// tryStep is the part of step that never waits. It reports whether the goroutine
// of the Sender has nothing to do before pollAt.
func (w *window) tryStep() bool {
	t, ok := w.stream.(tryWriter)
	if !ok || !t.CanTry() || w.retry.wait(time.Now()) > 0 {
		return false
	}
	if _, err := w.readAcknowledged(); err != nil {
		return false // step finds the same
	}
	for {
		p := w.next()
		if len(p) == 0 {
			break
		}
		began := time.Now()
		n := t.TryWrite(p)
		if n > 0 {
			w.wrote(n, began)
		}
		if n < len(p) {
			w.rest = p[n:]
			return false
		}
	}
	return w.unacked < maxWindow/2 && !w.pollAt.IsZero() && time.Until(w.pollAt) <= maxPoll
}

// next returns what is to be written next, or nothing if all is written or in
// flight is no room.
func (w *window) next() []byte {
	if p := w.rest; len(p) > 0 {
		w.rest = nil
		return p
	}
	if c := w.take(maxWindow - w.unacked); c != nil {
		return c.unsent()
	}
	return nil
}

// wrote accounts for n bytes that a write took since began.
func (w *window) wrote(n int, began time.Time) {
	w.times.Observe(time.Since(began))
	w.unacked += n
	w.pollInterval = minPoll
}

// schedule notes that step is called again after wait, and returns wait.
func (w *window) schedule(wait time.Duration) time.Duration {
	w.pollAt = time.Time{}
	if wait != forever {
		w.pollAt = time.Now().Add(wait)
	}
	return wait
}

// disconnect implements driver. What was kept for a redo is not needed after it:
// the peer has read that, or did not close its direction in time.
func (w *window) disconnect() {
	if err := w.stream.Finish(); err != nil {
		w.fail(err)
	}
}

// readAcknowledged asks the Stream what the peer has, and settles it. It returns
// an error if the connection has failed, and else when the next chunk is to be
// forgotten.
func (w *window) readAcknowledged() (redo time.Time, err error) {
	now := time.Now()
	if w.unacked == 0 && w.keptForRedo() == 0 {
		return time.Time{}, nil
	}
	unacked, err := w.stream.Unacked()
	if err != nil {
		return time.Time{}, err
	}
	if n := w.acknowledge(w.unacked-unacked, now); n > 0 {
		w.unacked -= n
		w.pollInterval = minPoll
		w.retry.succeeded(now)
		w.notify()
	}
	return w.trimRedo(now), nil
}

// nextPoll returns how long to wait before the Stream is asked again. It is
// always maxPoll for a small window that no caller waits for: a timer for each
// small write would cost more than the write.
func (w *window) nextPoll(redo time.Time) time.Duration {
	switch {
	case w.unacked == 0 && redo.IsZero():
		return forever
	case w.unacked == 0:
		return min(max(time.Until(redo), minPoll), redoPoll)
	case w.unacked < maxWindow/2 && !w.isAwaited():
		return maxPoll
	}
	wait := w.pollInterval
	w.pollInterval = min(2*wait, maxPoll)
	return wait
}

// fail closes a connection that failed. What was in flight is sent again, and
// also what the peer acknowledged shortly before: its system may have had that
// when the peer died, and the peer not. A Sender that sends at most once trusts
// the acknowledgements, and drops what has none.
func (w *window) fail(err error) {
	now := time.Now()
	unacked := w.stream.Reset()
	w.rest = nil
	if w.isAbandoned() {
		return
	}
	if w.atMostOnce {
		settled := w.acknowledge(w.unacked-unacked, now)
		w.unacked -= settled
		w.requeue(w.unacked-unacked, w.unacked)
	} else {
		w.recall()
	}
	w.unacked = 0
	w.retry.failed(classify(err), now)
}
