package send

import (
	"bytes"
	"time"

	"monkit.example/reporters/ledger"
)

// The window of a Stream is the bytes that were written to the present connection
// and not acknowledged. They belong to the items in flight, which mu guards, and
// windowBytes is their number, which run owns. An item is settled when all of its
// bytes are acknowledged.

const (
	// maxWindow is the largest window. It is what a path of 100 ms and
	// 300 Mbit/s holds.
	maxWindow = 4 << 20

	// A Stream is asked for acknowledgements after minPoll, then less and less
	// often up to maxPoll. An acknowledgement takes a round trip, which is 1 ms
	// within a building, and Flush and Close should return soon after it. While
	// no caller waits, it is enough to count lines as delivered after 50 ms.
	minPoll = time.Millisecond
	maxPoll = 50 * time.Millisecond
)

// fillWindow settles the items that are acknowledged, and writes new ones while
// the window has room. It returns how long to wait before the next step.
func (s *Sender) fillWindow() time.Duration {
	for s.ctx.Err() == nil {
		if err := s.readAcknowledged(); err != nil {
			s.retryWindow(err)
			return 0
		}
		it := s.nextForWindow()
		if it == nil {
			break
		}
		n, err := s.stream.Write(s.ctx, it.payload[it.off:])
		s.windowBytes += n
		s.pollInterval = minPoll
		if err != nil {
			if s.ctx.Err() == nil {
				s.retryWindow(err)
			}
			return 0
		}
	}
	return s.nextPoll()
}

// nextPoll returns how long to wait before acknowledgements are read again. It
// is always maxPoll for a small window that no caller waits for: a timer for
// each small write would cost more than the write.
func (s *Sender) nextPoll() time.Duration {
	switch {
	case s.windowBytes == 0:
		return 0 // prepare returns the wait
	case s.windowBytes < maxWindow/2 && !s.isAwaited():
		return maxPoll
	}
	wait := s.pollInterval
	s.pollInterval = min(2*s.pollInterval, maxPoll)
	return wait
}

// nextForWindow puts one more item in flight. It returns nil if there is none,
// or if the window has no room for it. An empty window has room for any item.
func (s *Sender) nextForWindow() *item {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := &s.queue
	if q.abandoned || q.inFlight == q.len() {
		return nil
	}
	it := q.at(q.inFlight)
	if s.windowBytes > 0 && s.windowBytes+len(it.payload)-it.off > maxWindow {
		return nil
	}
	q.inFlight++
	return it
}

// readAcknowledged asks the Stream what the peer has, and settles it. It returns
// an error if the connection is dead.
func (s *Sender) readAcknowledged() error {
	if s.windowBytes == 0 {
		return nil
	}
	unacked, err := s.stream.Unacked()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.acknowledgeLocked(s.windowBytes-unacked) > 0 {
		s.pollInterval = minPoll
	}
	return nil
}

// acknowledgeLocked settles the items that lie within the first n bytes of the
// window, and returns their size.
func (s *Sender) acknowledgeLocked(n int) (settled int) {
	for s.queue.inFlight > 0 && !s.queue.abandoned {
		it := s.queue.at(0)
		size := len(it.payload) - it.off
		if n-settled < size {
			break
		}
		s.queue.inFlight--
		s.deliveredLocked(it, 0)
		settled += size
	}
	s.windowBytes -= settled
	if settled > 0 {
		s.notifyLocked()
	}
	return settled
}

// retryWindow closes a connection that failed, settles what the peer has, and
// leaves the rest of the window in the queue, to be sent again.
func (s *Sender) retryWindow(err error) {
	acked := s.windowBytes - s.stream.Reset()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue.abandoned {
		return
	}
	acked -= s.acknowledgeLocked(acked)
	if s.queue.inFlight > 0 && acked > 0 {
		s.windowBytes -= s.queue.at(0).skipLines(acked)
	}
	s.requeueLocked(s.windowBytes)
	s.windowBytes = 0
	s.recordFailureLocked(classify(err))
	s.notifyLocked()
}

// skipLines moves off past the whole lines within the next n bytes, which are
// acknowledged, and returns their size.
func (it *item) skipLines(n int) int {
	end := it.off + min(n, len(it.payload)-it.off)
	size := bytes.LastIndexByte(it.payload[it.off:end], '\n') + 1
	it.off += size
	return size
}

// requeueLocked takes all items out of flight. The peer may have some of the
// first unacked bytes; with AtMostOnce the items that these lie in are dropped.
func (s *Sender) requeueLocked(unacked int) {
	for s.opts.AtMostOnce && s.queue.inFlight > 0 && unacked > 0 {
		it := s.queue.at(0)
		unacked -= len(it.payload) - it.off
		s.queue.inFlight--
		s.dropAmbiguousLocked(it)
	}
	s.queue.inFlight = 0
}

// dropAmbiguousLocked removes the first item. It counts the lines before off as
// delivered and the others, which the peer may have, as dropped.
func (s *Sender) dropAmbiguousLocked(it *item) {
	all := max(bytes.Count(it.payload, newline), 1)
	delivered := int(int64(it.lines) * int64(bytes.Count(it.payload[:it.off], newline)) / int64(all))
	s.queue.countDelivered(delivered)
	s.queue.countDropped(it.lines-delivered, ledger.Ambiguous)
	s.queue.remove(0)
}
