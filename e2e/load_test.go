package e2e

import (
	"bytes"
	"net"
	"testing"
	"time"
)

// A load writes numbered lines to one address, from a goroutine of its own. If the
// connection breaks it makes another, and goes on with the next number.
type load struct {
	network, addr string
	lines         int              // of a write, one every loadInterval
	line          func(int) string // returns the line of a number, with its line feed

	end  chan struct{}
	done chan int // gets the count of numbers that were used
}

// loadInterval is the time between two writes of a load.
const loadInterval = 5 * time.Millisecond

func startLoad(t *testing.T, network, addr string, lines int, line func(int) string) *load {
	l := &load{network: network, addr: addr, lines: lines, line: line, end: make(chan struct{}), done: make(chan int, 1)}
	go l.run()
	t.Cleanup(func() { l.stop() })
	return l
}

// stop ends the load and returns how many numbers it has used, from 0 on.
func (l *load) stop() int {
	select {
	case <-l.end:
	default:
		close(l.end)
	}
	n := <-l.done
	l.done <- n
	return n
}

func (l *load) run() {
	var conn net.Conn
	used := 0
	tick := time.NewTicker(loadInterval)
	defer tick.Stop()
	for {
		select {
		case <-l.end:
			if conn != nil {
				conn.Close()
			}
			l.done <- used
			return
		case <-tick.C:
		}
		if conn == nil {
			var err error
			if conn, err = net.Dial(l.network, l.addr); err != nil {
				conn = nil
				continue
			}
		}
		var b bytes.Buffer
		for range l.lines {
			b.WriteString(l.line(used))
			used++
		}
		if _, err := conn.Write(b.Bytes()); err != nil {
			conn.Close()
			conn = nil
		}
	}
}
