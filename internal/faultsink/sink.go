package faultsink

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// waitTimeout is how long the Wait methods wait before they fail the test.
const waitTimeout = 20 * time.Second

// A Sink records what a server receives.
type Sink struct {
	t    testing.TB
	addr string
	end  chan struct{} // closed when the test ends

	mu       sync.Mutex
	lines    []string      // guarded by mu
	payloads []string      // guarded by mu; datagrams and bodies
	visits   int           // guarded by mu
	changed  chan struct{} // guarded by mu; closed by the next change; nil if no goroutine waits
}

func newSink(t testing.TB) *Sink {
	return &Sink{t: t, end: make(chan struct{})}
}

// Addr returns host:port, or the path of the socket.
func (s *Sink) Addr() string { return s.addr }

// Lines returns the whole lines so far in order of arrival, without line ends.
func (s *Sink) Lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines)
}

// Payloads returns the datagrams, or the bodies of requests, received so far. It is
// empty for streams.
func (s *Sink) Payloads() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.payloads)
}

// Visits returns the number of connections, requests or datagrams so far.
func (s *Sink) Visits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.visits
}

// WaitLines waits until n lines have arrived, and returns all lines. It fails the
// test after a timeout.
func (s *Sink) WaitLines(n int) []string {
	s.t.Helper()
	s.wait(func() bool { return len(s.lines) >= n })
	lines := s.Lines()
	if len(lines) < n {
		s.t.Fatalf("faultsink: %d lines arrived, want %d", len(lines), n)
	}
	return lines
}

// WaitLast waits until line is the last one that arrived, and returns all lines. It
// fails the test after a timeout.
func (s *Sink) WaitLast(line string) []string {
	s.t.Helper()
	s.wait(func() bool { return len(s.lines) > 0 && s.lines[len(s.lines)-1] == line })
	lines := s.Lines()
	if len(lines) == 0 || lines[len(lines)-1] != line {
		s.t.Fatalf("faultsink: %d lines arrived, the last of which is not %q", len(lines), line)
	}
	return lines
}

// WaitVisits waits until there were n visits. It fails the test after a timeout.
func (s *Sink) WaitVisits(n int) {
	s.t.Helper()
	s.wait(func() bool { return s.visits >= n })
	if got := s.Visits(); got < n {
		s.t.Fatalf("faultsink: %d visits, want %d", got, n)
	}
}

// wait returns when cond holds, or after waitTimeout. It holds mu when it calls
// cond.
func (s *Sink) wait(cond func() bool) {
	timeout := time.NewTimer(waitTimeout)
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

// change calls fn with mu held, and wakes the goroutines in wait.
func (s *Sink) change(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// visit counts a visit and returns its index.
func (s *Sink) visit() (n int) {
	s.change(func() { n = s.visits; s.visits++ })
	return n
}

func (s *Sink) recordLine(line string) {
	s.change(func() { s.lines = append(s.lines, line) })
}

// recordPayload records a datagram or a body, and the lines that are stored of it.
// The end of a payload ends its last line.
func (s *Sink) recordPayload(p, stored string) {
	s.change(func() {
		s.payloads = append(s.payloads, p)
		for line := range strings.Lines(stored) {
			s.lines = append(s.lines, strings.TrimSuffix(line, "\n"))
		}
	})
}

// stepFor returns the step of visit n, which is the last one of script if that is
// shorter. An empty script means fallback.
func stepFor[S any](script []S, n int, fallback S) S {
	if len(script) == 0 {
		return fallback
	}
	return script[min(n, len(script)-1)]
}
