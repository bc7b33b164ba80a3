package main

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A sink is a TCP server that counts lines.
type sink struct {
	listener net.Listener
	lines    atomic.Int64
	running  sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn // guarded by mu
}

func newSink() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{listener: l}
	s.running.Go(s.accept)
	return s, nil
}

func (s *sink) addr() string { return s.listener.Addr().String() }

func (s *sink) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		s.mu.Lock()
		s.conns = append(s.conns, c)
		s.mu.Unlock()
		s.running.Go(func() { s.count(c) })
	}
}

func (s *sink) count(c net.Conn) {
	buf := make([]byte, 256<<10)
	for {
		n, err := c.Read(buf)
		s.lines.Add(int64(bytes.Count(buf[:n], []byte("\n"))))
		if err != nil {
			return
		}
	}
}

// wait waits until want lines have arrived, or until no line has arrived for
// quiet. It returns the number of lines and the time of the last one.
func (s *sink) wait(want int, quiet time.Duration) (lines int, last time.Time) {
	last = time.Now()
	for seen := -1; seen < want && time.Since(last) < quiet; time.Sleep(time.Millisecond) {
		if n := int(s.lines.Load()); n != seen {
			seen, last = n, time.Now()
		}
	}
	return int(s.lines.Load()), last
}

func (s *sink) close() {
	s.listener.Close()
	s.mu.Lock()
	for _, c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}
