package send

import (
	"time"

	"monkit.example/reporters/ledger"
)

// deliver passes the oldest payload to the Messenger, without mu, and settles it
// by the result. It returns zero, because prepare returns the wait for a retry.
func (s *Sender) deliver() time.Duration {
	it := s.nextMessage()
	if it == nil {
		return 0
	}
	err := s.messenger.Deliver(s.ctx, it.payload)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue.inFlight = 0
	if s.queue.abandoned {
		return 0 // Close has settled the item; if it ended the attempt, err is not the peer's failure
	}
	s.settleLocked(it, err)
	s.notifyLocked()
	return 0
}

// nextMessage puts the oldest item in flight. It returns nil if there is none,
// or if it dropped the item or cut it in two instead.
func (s *Sender) nextMessage() *item {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue.len() == 0 {
		return nil
	}
	it := s.queue.at(0)
	if it.budget.isSpent() {
		s.dropLocked(it, ledger.Rejected)
		return nil
	}
	if s.sizeLimit > 0 && len(it.payload) > s.sizeLimit && s.halveLocked(it) {
		return nil
	}
	it.budget.spend()
	s.queue.inFlight = 1
	return it
}

// settleLocked counts, cuts or keeps the first item, as the result of its
// delivery demands.
func (s *Sender) settleLocked(it *item, err error) {
	if err == nil {
		s.deliveredLocked(it, 0)
		return
	}
	e := classify(err)
	switch e.kind {
	case partial:
		s.recordRejectionLocked(e, min(e.rejected, it.lines))
		s.deliveredLocked(it, min(e.rejected, it.lines))
	case permanent:
		s.recordRejectionLocked(e, it.lines)
		s.dropLocked(it, ledger.Rejected)
	case oversize:
		s.recordRejectionLocked(e, it.lines)
		s.dropLocked(it, ledger.Oversize)
	case tooLarge:
		s.limitSizeLocked(it, e)
	case split:
		s.bisectLocked(it, e)
	case ambiguous:
		if s.opts.AtMostOnce {
			s.dropLocked(it, ledger.Ambiguous)
		}
		s.recordFailureLocked(e)
	default:
		s.recordFailureLocked(e)
	}
}

// deliveredLocked removes the first item, and counts its lines as delivered
// except those that were rejected.
func (s *Sender) deliveredLocked(it *item, rejected int) {
	s.queue.countDropped(rejected, ledger.Rejected)
	s.queue.countDelivered(it.lines - rejected)
	s.queue.sentBytes += int64(len(it.payload))
	s.queue.remove(0)
	s.recordSuccessLocked()
}

// dropLocked removes the first item and counts its lines as dropped.
func (s *Sender) dropLocked(it *item, reason ledger.Reason) {
	s.queue.countDropped(it.lines, reason)
	s.queue.remove(0)
	s.notifyLocked()
}
