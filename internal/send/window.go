package send

import (
	"bytes"
	"time"

	"monkit.example/reporters/ledger"
)

const (
	// maxWindow is how much may be written and not acknowledged. It covers
	// 100 ms of way at 300 Mbit/s.
	maxWindow = 4 << 20

	// An acknowledgement takes a round trip, 1 ms in a house. Somebody who
	// waits for it is told soon; else 50 ms are early enough for lines to be
	// counted as delivered.
	minPoll = time.Millisecond
	maxPoll = 50 * time.Millisecond
)

// pump writes what the window has room for, and settles what the peer has.
func (s *Sender) pump() time.Duration {
	for s.ctx.Err() == nil {
		if err := s.collect(); err != nil {
			s.broken(err)
			return 0
		}
		it := s.takeNext()
		if it == nil {
			break
		}
		n, err := s.stream.Write(s.ctx, it.payload[it.off:])
		s.window += n
		s.poll = minPoll
		if err != nil {
			if s.ctx.Err() == nil {
				s.broken(err)
			}
			return 0
		}
	}
	return s.nextPoll()
}

// nextPoll is how long to wait for acknowledgements. A timer for each small
// write would cost more than the write.
func (s *Sender) nextPoll() time.Duration {
	switch {
	case s.window == 0:
		return 0 // tidy knows
	case s.window < maxWindow/2 && !s.awaited():
		return maxPoll
	}
	wait := s.poll
	s.poll = min(2*s.poll, maxPoll)
	return wait
}

// takeNext makes one more item busy.
func (s *Sender) takeNext() *item {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := &s.queue
	if q.gone || q.busy == q.len() {
		return nil
	}
	it := q.at(q.busy)
	if s.window > 0 && s.window+len(it.payload)-it.off > maxWindow {
		return nil
	}
	q.busy++
	return it
}

// collect settles the items that the peer has.
func (s *Sender) collect() error {
	if s.window == 0 {
		return nil
	}
	unacked, err := s.stream.Unacked()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.acknowledge(s.window-unacked) > 0 {
		s.poll = minPoll
	}
	return nil
}

// acknowledge settles the whole items among the first n bytes of the window
// and returns their bytes.
func (s *Sender) acknowledge(n int) (settled int) {
	for s.queue.busy > 0 && !s.queue.gone {
		it := s.queue.at(0)
		size := len(it.payload) - it.off
		if n-settled < size {
			break
		}
		s.queue.busy--
		s.arrived(it, 0)
		settled += size
	}
	s.window -= settled
	if settled > 0 {
		s.moved()
	}
	return settled
}

// broken takes back what was written and not acknowledged, after a failed
// connection.
func (s *Sender) broken(err error) {
	acked := s.window - s.stream.Reset()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue.gone {
		return
	}
	acked -= s.acknowledge(acked)
	if s.queue.busy > 0 && acked > 0 {
		s.window -= s.arrivedInPart(s.queue.at(0), acked)
	}
	s.retract(s.window)
	s.window = 0
	s.failed(classify(err))
	s.moved()
}

// arrivedInPart moves the start of it to that of the line which holds byte n
// of what was written, and returns by how much.
func (s *Sender) arrivedInPart(it *item, n int) int {
	end := it.off + min(n, len(it.payload)-it.off)
	whole := bytes.LastIndexByte(it.payload[it.off:end], '\n') + 1
	it.off += whole
	return whole
}

// retract makes the busy items wait again. With AtMostOnce those that may have
// arrived, as some of unknown bytes, are dropped instead.
func (s *Sender) retract(unknown int) {
	for s.opts.AtMostOnce && s.queue.busy > 0 && unknown > 0 {
		it := s.queue.at(0)
		unknown -= len(it.payload) - it.off
		s.queue.busy--
		s.giveUp(it)
	}
	s.queue.busy = 0
}

// giveUp settles an item whose first lines arrived and whose others may
// have.
func (s *Sender) giveUp(it *item) {
	all := max(bytes.Count(it.payload, newline), 1)
	known := int(int64(it.lines) * int64(bytes.Count(it.payload[:it.off], newline)) / int64(all))
	s.queue.settleDelivered(known)
	s.queue.settleDropped(it.lines-known, ledger.Ambiguous)
	s.queue.remove(0)
}
