package send

import "time"

// forever is a wait that only wake, or the end of ctx, ends.
const forever time.Duration = -1

// run is the goroutine of a Sender. It sends the payloads of the queue until
// ctx ends, and then closes the transport.
func (s *Sender) run() {
	defer close(s.done)
	defer s.transport.Close()
	s.timer = time.NewTimer(0)
	defer s.timer.Stop()
	for s.ctx.Err() == nil {
		wait := s.step()
		s.flushLog()
		s.pause(wait)
	}
}

// step sends what can be sent now. It returns how long to wait before the next
// step.
func (s *Sender) step() time.Duration {
	if wait := s.prepare(); wait != 0 {
		return wait
	}
	if s.stream != nil {
		return s.fillWindow()
	}
	return s.deliver()
}

// prepare drops expired items. It returns zero if there is something to send
// now, and else how long to wait.
func (s *Sender) prepare() time.Duration {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expireLocked(now)
	if s.skipBackoff {
		s.skipBackoff = false
		if !s.retryByPeer {
			s.retryAt = time.Time{}
		}
	}
	return s.waitLocked(now)
}

func (s *Sender) expireLocked(now time.Time) {
	before := s.queue.len()
	s.queue.expire(now.Add(-s.opts.MaxAge))
	if s.queue.len() != before {
		s.notifyLocked()
	}
}

// waitLocked returns the time until the next attempt, or until the next item
// expires if that is sooner.
func (s *Sender) waitLocked(now time.Time) time.Duration {
	if s.queue.len() == 0 {
		return forever
	}
	wait := s.retryAt.Sub(now)
	if wait <= 0 {
		return 0
	}
	if s.queue.len() > s.queue.inFlight {
		oldest := s.queue.at(s.queue.inFlight).acceptedAt
		// An item whose age is exactly MaxAge does not expire yet.
		wait = min(wait, oldest.Add(s.opts.MaxAge).Sub(now)+1)
	}
	return wait
}

// pause returns after wait, or earlier if wake is called or ctx ends.
func (s *Sender) pause(wait time.Duration) {
	if wait == 0 {
		return
	}
	var expired <-chan time.Time
	if wait != forever {
		s.timer.Reset(wait)
		defer s.timer.Stop()
		expired = s.timer.C
	}
	select {
	case <-s.ctx.Done():
	case <-s.wakeup:
	case <-expired:
	}
}
