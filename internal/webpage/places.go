package webpage

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	// maxRequests is how many pages are made at a time, and maxPeerRequests how
	// many of them for one peer.
	maxRequests     = 64
	maxPeerRequests = 48
	// maxWait is how long a request waits for a place.
	maxWait = 30 * time.Second
	// slowReader is how long a client may have made a page wait before its place
	// may be given to another.
	slowReader = 100 * time.Millisecond
)

// places are what requests have while their page is made and written.
type places struct {
	mu     sync.Mutex
	taken  map[*place]bool // guarded by mu
	byPeer map[string]int  // guarded by mu; places taken
	queue  []*place        // guarded by mu; that wait, the first one first
}

// place is that of one request.
type place struct {
	conn *conn
	got  chan struct{} // closed when it is taken

	before time.Duration // waited of conn, when it was taken; guarded by places.mu
	ended  bool          // its connection was closed; guarded by places.mu
}

func newPlaces() *places { return &places{taken: map[*place]bool{}, byPeer: map[string]int{}} }

// limit returns a handler that passes a request to next while it has a place. It
// responds with status 503 to one that gets none.
func (s *places) limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := connOf(r.Context())
		c.state.Store(isWaiting)
		defer c.end()
		p := s.take(r, c)
		if p == nil {
			SetHeaders(w.Header(), "")
			w.Header().Set("Retry-After", "1")
			Error(w, http.StatusServiceUnavailable, fmt.Sprintf("%d requests are being served, %d of them of one address at most; try again later", maxRequests, maxPeerRequests))
			return
		}
		defer s.leave(p)
		next.ServeHTTP(w, r)
	})
}

// take waits for a place. It returns nil if there is none in time.
func (s *places) take(r *http.Request, c *conn) *place {
	p := &place{conn: c, got: make(chan struct{})}
	s.enter(p)
	expired := time.NewTimer(maxWait)
	defer expired.Stop()
	again := time.NewTicker(slowReader)
	defer again.Stop()
	for {
		select {
		case <-p.got:
			return p
		case <-again.C:
			s.endSlow(p)
		case <-c.gone:
			return s.give(p)
		case <-expired.C:
			return s.give(p)
		case <-r.Context().Done():
			return s.give(p)
		}
	}
}

// enter puts p into the queue, which has one element for a connection at most.
func (s *places) enter(p *place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, p)
	s.fillLocked()
}

// give takes p from the queue. If it was taken already, give returns it.
func (s *places) give(p *place) *place {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[p] {
		return p
	}
	if i := slices.Index(s.queue, p); i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
	}
	return nil
}

// leave ends a place, and gives it to the next request.
func (s *places) leave(p *place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.taken, p)
	if s.byPeer[p.conn.peer]--; s.byPeer[p.conn.peer] == 0 {
		delete(s.byPeer, p.conn.peer)
	}
	s.fillLocked()
}

// fillLocked gives places to requests that wait, in their order, but those of a
// peer that has many already.
func (s *places) fillLocked() {
	waiting := s.queue[:0]
	for _, p := range s.queue {
		if len(s.taken) >= maxRequests || s.byPeer[p.conn.peer] >= maxPeerRequests {
			waiting = append(waiting, p)
			continue
		}
		s.taken[p] = true
		s.byPeer[p.conn.peer]++
		p.before = p.conn.waited()
		p.conn.state.Store(isServed)
		close(p.got)
	}
	clear(s.queue[len(waiting):])
	s.queue = waiting
}

// endSlow closes the connection of a client that reads slowly, for p, which waits:
// the one that has made its page wait the longest. It closes no more than there are
// requests that wait.
func (s *places) endSlow(p *place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	greedy := s.byPeer[p.conn.peer] >= maxPeerRequests
	var slowest *place
	ending, most := 0, slowReader
	for q := range s.taken {
		if q.ended {
			ending++
		} else if d := q.conn.waited() - q.before; d >= most && (!greedy || q.conn.peer == p.conn.peer) {
			slowest, most = q, d
		}
	}
	if slowest != nil && ending < len(s.queue) {
		slowest.ended = true
		slowest.conn.Close() // fails the next write of its handler, which leaves then
	}
}
