package listen

import (
	"container/heap"
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// pool is a bounded set of open connections. A newcomer to a full pool replaces
// the member that was in use the longest time ago. An address that has more than
// half of the places gives up its own first, so that one host cannot close the
// connections of the others. It may have the places that are free.
//
// Members are in use far more often than one is replaced, so use is one atomic
// store, and the order is brought up to date when a place is needed.
type pool struct {
	max  int
	base time.Time // times of members are since then

	mu      sync.Mutex
	all     byUse                   // guarded by mu
	peers   map[netip.Prefix]*byUse // guarded by mu; the members of each address
	largest *byUse                  // guarded by mu; of peers, if one had more than half; it may be empty by now
	leaving int                     // guarded by mu; members that were replaced and have not ended
}

// member is a connection in a pool.
type member struct {
	pool    *pool
	peer    netip.Prefix
	used    atomic.Int64 // when it was last in use, since pool.base
	replace context.CancelCauseFunc
	ended   chan struct{} // closed when the connection has ended

	seen     [numOrders]int64 // guarded by pool.mu; used, as far as the order knows
	place    [numOrders]int   // guarded by pool.mu; in the order, or -1
	replaced bool             // guarded by pool.mu
}

// The causes by which the context of a replaced member ends.
var (
	errReplaced     = errors.New("a newer connection replaced this one")
	errNoDescriptor = errors.New("this connection gave its descriptor to another one")
)

// maxLeaving bounds how many members that were replaced may still be open: each
// reads for some milliseconds what had arrived.
const maxLeaving = 64

func newPool(size int) *pool {
	return &pool{max: max(size, 1), base: time.Now(), all: byUse{order: orderOfAll}, peers: make(map[netip.Prefix]*byUse)}
}

// add adds a connection of peer, which must call end when it has ended. replace
// is called with errReplaced if a newcomer needs the place. If many members are
// leaving, add waits for the one that it replaced, or until ctx ends.
func (p *pool) add(ctx context.Context, peer netip.Prefix, replace context.CancelCauseFunc) *member {
	m := &member{pool: p, peer: peer, replace: replace, ended: make(chan struct{})}
	m.use(time.Now())
	p.mu.Lock()
	var old *member
	if len(p.all.members) >= p.max {
		old = p.replaceOldestLocked()
	}
	p.insertLocked(m)
	crowded := p.leaving > maxLeaving
	p.mu.Unlock()
	if old == nil {
		return m
	}
	old.replace(errReplaced)
	if crowded {
		select {
		case <-old.ended:
		case <-ctx.Done():
		}
	}
	return m
}

// closeOldest makes room as a newcomer to a full pool does, for the process lacks
// descriptors. The cause is errNoDescriptor.
func (p *pool) closeOldest() {
	p.mu.Lock()
	old := p.replaceOldestLocked()
	p.mu.Unlock()
	if old != nil {
		old.replace(errNoDescriptor)
	}
}

// replaceOldestLocked removes the member whose place a newcomer gets. It returns
// nil if there is none.
func (p *pool) replaceOldestLocked() *member {
	from := &p.all
	if p.largest != nil && len(p.largest.members) > p.max/2 {
		from = p.largest
	}
	old := from.oldest()
	if old != nil {
		p.removeLocked(old)
		old.replaced = true
		p.leaving++
	}
	return old
}

func (p *pool) insertLocked(m *member) {
	mine := p.peers[m.peer]
	if mine == nil {
		mine = &byUse{order: orderOfPeer}
		p.peers[m.peer] = mine
	}
	for _, order := range []*byUse{&p.all, mine} {
		m.seen[order.order] = m.used.Load()
		heap.Push(order, m)
	}
	if len(mine.members) > p.max/2 {
		p.largest = mine // no other has more than half
	}
}

// removeLocked removes m, unless that was done before.
func (p *pool) removeLocked(m *member) {
	if m.place[orderOfAll] < 0 {
		return
	}
	mine := p.peers[m.peer]
	heap.Remove(&p.all, m.place[orderOfAll])
	heap.Remove(mine, m.place[orderOfPeer])
	if len(mine.members) == 0 {
		delete(p.peers, m.peer)
	}
}

// size returns the number of members.
func (p *pool) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.all.members)
}

// use records that the connection is in use at now.
func (m *member) use(now time.Time) { m.used.Store(int64(now.Sub(m.pool.base))) }

// end removes the connection, which has ended.
func (m *member) end() {
	close(m.ended)
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	m.pool.removeLocked(m)
	if m.replaced {
		m.replaced = false
		m.pool.leaving--
	}
}

// The two orders that a member is in.
const (
	orderOfAll = iota
	orderOfPeer
	numOrders
)

// byUse is a heap of members with the one at the top that was in use the longest
// time ago, by what the order has seen. Members are only ever used later than that,
// so the top is the oldest if the order has seen its last use. The lock of the pool
// guards it.
type byUse struct {
	order   int
	members []*member
}

// oldest returns the member that was in use the longest time ago, or nil.
func (h *byUse) oldest() *member {
	for range h.members { // members that are used again and again do not hold up the pool
		m := h.members[0]
		used := m.used.Load()
		if used == m.seen[h.order] {
			break
		}
		m.seen[h.order] = used
		heap.Fix(h, 0)
	}
	if len(h.members) == 0 {
		return nil
	}
	return h.members[0]
}

func (h *byUse) Len() int { return len(h.members) }

func (h *byUse) Less(i, j int) bool {
	return h.members[i].seen[h.order] < h.members[j].seen[h.order]
}

func (h *byUse) Swap(i, j int) {
	h.members[i], h.members[j] = h.members[j], h.members[i]
	h.members[i].place[h.order], h.members[j].place[h.order] = i, j
}

// Push adds a *member at the end, for container/heap.
func (h *byUse) Push(x any) {
	m := x.(*member)
	m.place[h.order] = len(h.members)
	h.members = append(h.members, m)
}

// Pop removes the member at the end, for container/heap.
func (h *byUse) Pop() any {
	last := len(h.members) - 1
	m := h.members[last]
	h.members[last] = nil
	h.members = h.members[:last]
	m.place[h.order] = -1
	return m
}
