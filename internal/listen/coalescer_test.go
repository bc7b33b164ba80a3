package listen

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

func TestDelayIsShorterThanTheBufferNeedsToFillUp(t *testing.T) {
	for _, tt := range []struct {
		name   string
		rcvbuf int
		want   time.Duration
	}{
		{"unknown size", 0, 0},
		{"default of Linux", 212992, 0},
		{"just too small", 1_249_999, 0},
		{"just large enough", 1_250_000, time.Millisecond},
		{"our default", 8 << 20, 6710886},
		{"more than the longest delay needs", 16 << 20, 10 * time.Millisecond},
		{"largest size", maxRcvBuf, 10 * time.Millisecond},
	} {
		if got := delayFor(tt.rcvbuf); got != tt.want {
			t.Errorf("%s: delayFor(%d) = %v, want %v", tt.name, tt.rcvbuf, got, tt.want)
		}
	}
}

func TestCoalescerDelaysAfterQuickSmallReads(t *testing.T) {
	const threshold, length = 2, 10 * time.Millisecond
	type read struct {
		took   time.Duration
		amount amount
	}
	quick, slow := read{length / 2, small}, read{length/2 + 1, small}
	for _, tt := range []struct {
		name   string
		length time.Duration
		reads  []read
		want   time.Duration // of the wait after reads
	}{
		{"first read", length, nil, 0},
		{"threshold", length, []read{quick, quick}, 0},
		{"beyond the threshold", length, []read{quick, quick, quick}, length},
		{"slow read resets the count", length, []read{quick, quick, slow, quick, quick}, 0},
		{"large read resets the count", length, []read{quick, quick, {0, large}, quick, quick}, 0},
		{"last read is slow", length, []read{quick, quick, quick, slow}, 0},
		{"last read is large", length, []read{quick, quick, quick, {0, large}}, 0},
		{"count restarts and exceeds", length, []read{slow, quick, quick, quick}, length},
		{"length is zero", 0, []read{quick, quick, quick}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := coalescer{delay: delayer{length: tt.length, threshold: threshold}}
				for _, r := range tt.reads {
					c.wait(nil)
					time.Sleep(r.took)
					c.consumed(r.amount)
				}
				began := time.Now()
				c.wait(nil)
				if got := time.Since(began); got != tt.want {
					t.Errorf("wait took %v, want %v", got, tt.want)
				}
			})
		})
	}
}

func TestDelayComesOnceForEachRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := coalescer{delay: delayer{length: maxDelay}}
		c.wait(nil)
		c.consumed(small)
		began := time.Now()
		for range 3 { // the reads in between fail
			c.wait(nil)
		}
		if got := time.Since(began); got != maxDelay {
			t.Errorf("three waits took %v, want one delay of %v", got, maxDelay)
		}
	})
}

func TestDelayAllocatesNothing(t *testing.T) {
	c := coalescer{delay: delayer{length: time.Millisecond, threshold: -1}}
	c.delay.begin()
	if n := testing.AllocsPerRun(10, func() {
		c.consumed(small)
		c.wait(nil)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// scripted is a connection whose reads each bring so many bytes, after a while.
type scripted struct {
	net.Conn
	after time.Duration
	bytes int
}

func (s scripted) Read(p []byte) (int, error) {
	time.Sleep(s.after)
	if s.bytes < 0 {
		return 0, io.EOF
	}
	return min(s.bytes, len(p)), nil
}

func TestStreamDelaysBetweenSmallReads(t *testing.T) {
	const space, reads = 64 << 10, 100
	for _, tt := range []struct {
		name   string
		conn   scripted
		space  int
		done   bool
		delays int
	}{
		{"small and quick", scripted{bytes: 100}, space, false, reads - 1 - streamThreshold},
		{"just below large", scripted{bytes: smallRead - 1}, space, false, reads - 1 - streamThreshold},
		{"small and just quick enough", scripted{bytes: 100, after: maxDelay / 2}, space, false, reads - 1 - streamThreshold},
		{"small and seldom", scripted{bytes: 100, after: maxDelay/2 + 1}, space, false, 0},
		{"large", scripted{bytes: smallRead}, space, false, 0},
		{"as much as there was room for", scripted{bytes: 100}, 100, false, 0},
		{"failed", scripted{bytes: -1}, space, false, reads - 1 - streamThreshold},
		{"after the end", scripted{bytes: 100}, space, true, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := make(chan struct{})
				if tt.done {
					close(done)
				}
				conn := newCoalescedConn(tt.conn, done)
				began, p := time.Now(), make([]byte, tt.space)
				for range reads {
					if _, err := conn.Read(p); (err != nil) != (tt.conn.bytes < 0) {
						t.Fatal(err)
					}
				}
				if got, want := time.Since(began)-reads*tt.conn.after, time.Duration(tt.delays)*maxDelay; got != want {
					t.Errorf("delays took %v, want %v", got, want)
				}
			})
		})
	}
}
