package send

import (
	"time"

	"monkit.example/reporters/ledger"
)

// forever is a wait that only wake, or the end of ctx, ends.
const forever time.Duration = 1<<63 - 1

// run is the goroutine of a Sender. It sends what is in the queue until ctx
// ends, or until it has finished, and then closes the transport.
func (s *Sender) run() {
	defer close(s.done)
	defer s.closeTransport()
	defer s.stepping.Lock() // for ever: nothing is sent any more
	s.timer = time.NewTimer(0)
	defer s.timer.Stop()
	for s.ctx.Err() == nil {
		wait := s.step()
		if !s.finishing.Load() || !s.queue.isSettled() {
			s.pause(wait)
			continue
		}
		if s.disconnect(); s.queue.isSettled() {
			return
		}
	}
}

// closeTransport closes the transport. If its connection fails at the end, what
// the peer acknowledged is pending again.
func (s *Sender) closeTransport() {
	if err := s.transport.Close(); err != nil && s.queue.recall() > 0 {
		s.retry.failed(classify(err), time.Now())
	}
}

// step drops what has expired, sends what can be sent now, and logs what has
// changed. It returns how long to wait before the next step.
func (s *Sender) step() time.Duration {
	now := time.Now()
	expiry := s.queue.expire(now)
	wait := s.retry.wait(now)
	if wait == 0 {
		wait = s.drive()
	}
	if wait == 0 && now.Sub(s.journaled) < journalTime {
		return 0
	}
	s.journaled = now
	report := s.journal.update(now, s.retry.snapshot(), s.droppedCounts())
	report = earlier(report, s.journal.updateRefused(now, s.refusals()))
	if next := earlier(expiry, report); !next.IsZero() {
		wait = min(wait, max(next.Sub(now), 1))
	}
	return wait
}

func (s *Sender) drive() time.Duration {
	s.stepping.Lock()
	defer s.stepping.Unlock()
	return s.driver.step(s.ctx)
}

func (s *Sender) disconnect() {
	s.stepping.Lock()
	defer s.stepping.Unlock()
	s.driver.disconnect()
}

// droppedCounts returns the counts of dropped lines. It makes them only when there
// are more than at the last call, since run makes a step for each payload.
func (s *Sender) droppedCounts() ledger.Counts {
	if lines := s.queue.book.DroppedLines(); lines != s.droppedLines {
		s.dropped, s.droppedLines = s.queue.book.Ledger().Dropped, lines
	}
	return s.dropped
}

// journalTime is how often the journal is updated while there is always more to
// send.
const journalTime = 10 * time.Millisecond

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
