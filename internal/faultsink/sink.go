package faultsink

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long WaitLines waits before the test has failed.
const patience = 20 * time.Second

// Sink remembers what a server got.
type Sink struct {
	t    testing.TB
	addr string
	end  chan struct{} // closed when the test is over

	mu       sync.Mutex
	lines    []string      // guarded by mu
	payloads []string      // guarded by mu; datagrams and bodies as they came
	visits   int           // guarded by mu
	changed  chan struct{} // guarded by mu; closed on change; nil if nobody waits
}

func newSink(t testing.TB) *Sink {
	return &Sink{t: t, end: make(chan struct{})}
}

// Addr is host:port, or the path of the socket.
func (s *Sink) Addr() string { return s.addr }

// Lines returns the whole lines so far, without their ends, in order of
// arrival.
func (s *Sink) Lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines)
}

// Payloads returns the datagrams, or the bodies of requests, so far.
func (s *Sink) Payloads() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.payloads)
}

// Visits counts connections, or requests.
func (s *Sink) Visits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.visits
}

// WaitLines returns as soon as there are n lines, and fails the test if that
// does not happen.
func (s *Sink) WaitLines(n int) []string {
	s.t.Helper()
	s.wait(func() bool { return len(s.lines) >= n })
	lines := s.Lines()
	if len(lines) < n {
		s.t.Fatalf("faultsink: %d lines arrived, want %d", len(lines), n)
	}
	return lines
}

// WaitLast returns as soon as line is the newest, and fails the test if that
// does not happen.
func (s *Sink) WaitLast(line string) []string {
	s.t.Helper()
	s.wait(func() bool { return len(s.lines) > 0 && s.lines[len(s.lines)-1] == line })
	lines := s.Lines()
	if len(lines) == 0 || lines[len(lines)-1] != line {
		s.t.Fatalf("faultsink: %d lines arrived, but the last of them is not %q", len(lines), line)
	}
	return lines
}

// WaitVisits is WaitLines for connections and requests.
func (s *Sink) WaitVisits(n int) {
	s.t.Helper()
	s.wait(func() bool { return s.visits >= n })
	if got := s.Visits(); got < n {
		s.t.Fatalf("faultsink: %d visits, want %d", got, n)
	}
}

// wait returns when cond, which may read what mu guards, holds, or patience
// ends.
func (s *Sink) wait(cond func() bool) {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		s.mu.Lock()
		ok := cond()
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-timeout.C:
			return
		}
	}
}

// change does what fn says under the lock, and wakes those who wait.
func (s *Sink) change(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// visit counts one more and returns its number, from 0.
func (s *Sink) visit() (n int) {
	s.change(func() { n = s.visits; s.visits++ })
	return n
}

func (s *Sink) gotLine(line string) {
	s.change(func() { s.lines = append(s.lines, line) })
}

// gotPayload takes down a datagram or a body. The end of it ends a line.
func (s *Sink) gotPayload(p string, stored bool) {
	s.change(func() {
		s.payloads = append(s.payloads, p)
		if !stored {
			return
		}
		for line := range strings.Lines(p) {
			s.lines = append(s.lines, strings.TrimSuffix(line, "\n"))
		}
	})
}

// stepFor returns the step of visit n: the last one stands for all that
// follow.
func stepFor[S any](script []S, n int, good S) S {
	if len(script) == 0 {
		return good
	}
	return script[min(n, len(script)-1)]
}
