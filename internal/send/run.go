package send

import (
	"time"

	"monkit.example/reporters/ledger"
)

// forever is a wait that only a nudge ends.
const forever time.Duration = -1

// run is the goroutine.
func (s *Sender) run() {
	defer close(s.done)
	defer s.transport.Close()
	s.timer = time.NewTimer(0)
	defer s.timer.Stop()
	for s.ctx.Err() == nil {
		wait := s.step()
		s.speak()
		s.pause(wait)
	}
}

// step does what can be done now and returns how long there is nothing to do.
func (s *Sender) step() time.Duration {
	if wait := s.tidy(); wait != 0 {
		return wait
	}
	if s.stream != nil {
		return s.pump()
	}
	return s.deliver()
}

// tidy drops what is too old, and returns how long to keep still: zero if
// there is something to send now.
func (s *Sender) tidy() time.Duration {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.queue.len()
	s.queue.expire(now.Add(-s.opts.MaxAge))
	if s.queue.len() != before {
		s.moved()
	}
	if s.hurry {
		s.hurry = false
		if !s.asked {
			s.notBefore = time.Time{}
		}
	}
	if s.queue.len() == 0 {
		return forever
	}
	wait := s.notBefore.Sub(now)
	if wait <= 0 {
		return 0
	}
	if s.queue.len() > s.queue.busy {
		oldest := s.queue.at(s.queue.busy).at
		// One more tick, because what is exactly MaxAge old may stay.
		wait = min(wait, oldest.Add(s.opts.MaxAge).Sub(now)+1)
	}
	return wait
}

func (s *Sender) pause(wait time.Duration) {
	if wait == 0 {
		return
	}
	var tick <-chan time.Time
	if wait != forever {
		s.timer.Reset(wait)
		defer s.timer.Stop()
		tick = s.timer.C
	}
	select {
	case <-s.ctx.Done():
	case <-s.wake:
	case <-tick:
	}
}

// deliver sends the oldest payload and waits for the answer.
func (s *Sender) deliver() time.Duration {
	it := s.take()
	if it == nil {
		return 0
	}
	err := s.messenger.Deliver(s.ctx, it.payload)
	if s.ctx.Err() != nil && err != nil {
		return 0 // the end of Sender is no fault of the peer
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue.busy = 0
	if s.queue.gone {
		return 0
	}
	s.settle(it, err)
	s.moved()
	return 0
}

// take marks the oldest item as busy. It returns nil if that was too large and
// was cut instead.
func (s *Sender) take() *item {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue.len() == 0 {
		return nil
	}
	it := s.queue.at(0)
	if it.search.exhausted() {
		s.drop(it, ledger.Rejected)
		return nil
	}
	if s.limit > 0 && len(it.payload) > s.limit && s.cut(it) {
		return nil
	}
	it.search.spend()
	s.queue.busy = 1
	return it
}

// settle does what err says about the first item. Callers hold mu.
func (s *Sender) settle(it *item, err error) {
	if err == nil {
		s.arrived(it, 0)
		return
	}
	e := classify(err)
	switch e.kind {
	case partial:
		s.refuse(e, min(e.rejected, it.lines))
		s.arrived(it, min(e.rejected, it.lines))
	case permanent:
		s.refuse(e, it.lines)
		s.drop(it, ledger.Rejected)
	case oversize:
		s.refuse(e, it.lines)
		s.drop(it, ledger.Oversize)
	case tooLarge:
		s.shrink(it, e)
	case split:
		s.bisect(it, e)
	case ambiguous:
		if s.opts.AtMostOnce {
			s.drop(it, ledger.Ambiguous)
		}
		s.failed(e)
	default:
		s.failed(e)
	}
}

// arrived settles the first item as delivered, but for some lines of it.
func (s *Sender) arrived(it *item, rejected int) {
	s.queue.settleDropped(rejected, ledger.Rejected)
	s.queue.settleDelivered(it.lines - rejected)
	s.queue.sentBytes += int64(len(it.payload))
	s.queue.remove(0)
	s.succeeded()
}

func (s *Sender) drop(it *item, reason ledger.Reason) {
	s.queue.settleDropped(it.lines, reason)
	s.queue.remove(0)
	s.moved()
}
