package send

import (
	"sync"
	"time"
)

const (
	// paceShare is the part of the time between two batches over which the
	// datagrams of one are spread. A receiver with a default buffer has room
	// for about a hundred, and would lose most of a batch that arrives at once.
	paceShare = 5
	// defaultPace is that time while the interval of the batches is not known.
	defaultPace = 100 * time.Millisecond
	// paceSlot is the time between two groups of datagrams. Shorter ones would
	// cost more than the datagrams.
	paceSlot = time.Millisecond
	// slotDatagrams is the least number of datagrams of a group.
	slotDatagrams = 4
)

// datagrams is a Messenger whose peer does not confirm what it has received, so
// that payloads must not come faster than it reads them.
type datagrams interface{ datagrams() }

var _ datagrams = (*datagramTransport)(nil)

func (*datagramTransport) datagrams() {}

func isDatagrams(t Transport) bool {
	_, ok := optional[datagrams](t)
	return ok
}

// pace spreads datagrams over time. Its methods may be called from any
// goroutine.
type pace struct {
	mu       sync.Mutex
	spread   time.Duration // guarded by mu, as all below; of a batch
	deadline time.Time     // the datagrams that wait are sent until then
	slot     time.Time     // start of the present group
	left     int           // datagrams that it may still have
	closing  time.Time     // from Close on: deadline of everything; zero before
}

// setInterval sets the time between two batches.
func (p *pace) setInterval(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spread = max(d/paceShare, 0)
}

// hurry makes the deadline not later than t.
func (p *pace) hurry(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closing = t
	if p.deadline.After(t) {
		p.deadline = t
	}
}

// next returns zero if one of so many waiting datagrams may be sent now, and
// else how long to wait. A batch ends when none waits.
func (p *pace) next(waiting int, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if waiting == 0 {
		p.deadline = time.Time{}
		return 0
	}
	if p.left > 0 {
		p.left--
		return 0
	}
	if wait := p.slot.Add(paceSlot).Sub(now); wait > 0 && wait <= paceSlot {
		return wait
	}
	if !p.deadline.After(now) {
		p.deadline = now.Add(p.spread)
		if !p.closing.IsZero() && p.deadline.After(p.closing) {
			p.deadline = p.closing
		}
	}
	slots := max(int(p.deadline.Sub(now)/paceSlot), 1)
	p.slot = now
	p.left = max((waiting+slots-1)/slots, slotDatagrams) - 1
	return 0
}
