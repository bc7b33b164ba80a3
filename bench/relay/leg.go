package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	// startLimit bounds the wait for a relay's socket.
	startLimit = 10 * time.Second
	// quiet is how long after the last line the rest counts as lost.
	quiet = 2 * time.Second
)

// leg sends one rate through a fresh process of p.
func (p peer) leg(rate int, length time.Duration) (result, error) {
	s, err := newSink()
	if err != nil {
		return result{}, err
	}
	defer s.close()
	port, err := freePort()
	if err != nil {
		return result{}, err
	}
	cmd, err := p.command(port, s.addr())
	if err != nil {
		return result{}, err
	}
	log := new(logged)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return result{}, err
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait() // how it ended is in its log
		close(ended)
	}()
	err = p.await(port, log, ended)
	var r result
	if err == nil {
		r, err = p.measure(cmd.Process.Pid, port, s, rate, length)
	}
	cmd.Process.Kill() // fails only if it ended, which was noticed above
	<-ended
	if err != nil {
		return r, fmt.Errorf("%w (%v)\n%s", err, cmd.ProcessState, log)
	}
	return r, nil
}

func (p peer) measure(pid, port int, s *sink, rate int, length time.Duration) (result, error) {
	r := result{peer: p.name}
	before, err := cpuTime(pid)
	if err != nil {
		return r, err
	}
	ours := s.lines.Load() // a relay's own statistics, if any
	start := time.Now()
	if r.sent, err = send(fmt.Sprintf("127.0.0.1:%d", port), rate, length); err != nil {
		return r, err
	}
	arrived, last := s.settle(r.sent+int(ours), quiet)
	r.arrived, r.elapsed = arrived-int(ours), last.Sub(start)
	after, err := cpuTime(pid)
	if err != nil {
		return r, err
	}
	r.cpu = after - before
	if r.rss, err = peakRSS(pid); err != nil {
		return r, err
	}
	dropped, err := kernelDrops(port)
	r.kernelDrops = dropped * perDatagram
	return r, err
}

// await returns when the relay has its UDP socket and says that it is ready.
func (p peer) await(port int, log *logged, ended <-chan struct{}) error {
	deadline := time.After(startLimit)
	for {
		_, err := kernelDrops(port)
		if err == nil && strings.Contains(log.String(), p.ready) {
			return nil
		}
		select {
		case <-ended:
			return errors.New("the relay ended before it was ready")
		case <-deadline:
			return fmt.Errorf("the relay is not ready after %v (socket: %v)", startLimit, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// logged is what a process prints, readable while it runs.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
