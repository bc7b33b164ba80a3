package listen

import (
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// holders is the number of pauses under way that hold a processor of the
// scheduler.
var holders atomic.Int32

// pause returns after d, or earlier after a signal. It sleeps in nanosleep(2) on
// its thread, because time.Sleep costs several times the processor time: the
// runtime parks the goroutine, looks for other work, waits in epoll, and wakes a
// thread, each time.
//
// A pause holds its processor (a P of the scheduler) if at most half of them are
// held then, so that others are left for other goroutines. What that saves was
// measured with a bare forwarder of full datagrams, in pauses of 5 ms, on two
// processors; medians of three runs, in ns a line:
//
//	lines/s    held   given up   time.Sleep
//	1 000 000   110        135          305
//	  500 000   140        230          380
//
// While a processor is in a system call, the scheduler's monitor polls it; a
// held one is not seen to be in one.
//
// The garbage collector need not wait for the end of a pause: to stop the world,
// the runtime sends the thread a signal, which ends nanosleep. A test program was
// stopped after 90 µs in the median and 300 µs at most while it held a processor,
// and after 8 and 240 µs while it did not. That needs a function call between two
// pauses, at which the goroutine yields: a loop without any was stopped after
// 13 ms in the median. Other goroutines that are ready run on the other
// processors. If all were held they would wait for the monitor, which preempts
// after 10 ms: with one processor, a sleep of 1 ms took 20 ms in the median.
// Therefore one processor is never held.
func pause(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	if mayHold(int(holders.Add(1)), runtime.GOMAXPROCS(0)) {
		unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
	} else {
		unix.Nanosleep(&ts, nil) // an error means that it ended early
	}
	holders.Add(-1)
}

// mayHold reports whether so many pauses may each hold one of the processors.
func mayHold(pauses, processors int) bool { return pauses <= processors/2 }
