package main

import (
	"fmt"
	"time"
)

// Lines that have not arrived quiet after the last one are lost.
const quiet = 2 * time.Second

// trial sends lines at the rate through a new process of p.
func (p peer) trial(m mode, rate int, length time.Duration) (result, error) {
	s, err := newSink()
	if err != nil {
		return result{}, err
	}
	defer s.close()
	port, err := freePort()
	if err != nil {
		return result{}, err
	}
	cmd, err := p.command(port, m.format, s.addr())
	if err != nil {
		return result{}, err
	}
	proc, err := start(cmd)
	if err != nil {
		return result{}, err
	}
	var r result
	if err = proc.await(port, p.ready); err == nil {
		r, err = measure(cmd.Process.Pid, port, s, m.load, rate, length)
	}
	proc.kill()
	if err != nil {
		return r, fmt.Errorf("%w (%v)\n%s", err, cmd.ProcessState, &proc.log)
	}
	r.peer = p.name
	return r, nil
}

// measure sends lines to the relay on the port and returns what it delivered and
// used.
func measure(pid, port int, s *sink, l load, rate int, length time.Duration) (r result, err error) {
	cpuBefore, err := cpuTime(pid)
	if err != nil {
		return r, err
	}
	before := s.lines.Load() // a relay may have sent its own statistics
	start := time.Now()
	if r.sent, err = l.send(fmt.Sprintf("127.0.0.1:%d", port), rate, length); err != nil {
		return r, err
	}
	arrived, last := s.wait(r.sent+int(before), quiet)
	r.arrived, r.elapsed = arrived-int(before), last.Sub(start)
	cpuAfter, err := cpuTime(pid)
	if err != nil {
		return r, err
	}
	r.cpu = cpuAfter - cpuBefore
	if r.rss, err = peakRSS(pid); err != nil {
		return r, err
	}
	dropped, err := kernelDrops(port)
	r.kernelDrops = dropped * l.perDatagram
	return r, err
}
