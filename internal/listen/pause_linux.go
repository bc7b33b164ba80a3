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
// held then, so that others are left for other goroutines. What the two cost was
// measured on two processors, with 1 000 000 lines/s in full datagrams and
// pauses of 5 ms: 115 ns a line if the processor is held and 130 if it is given
// up, since the scheduler's monitor then polls for it; 350 with time.Sleep. With
// 500 000 lines/s it is 120 and 190 ns.
//
// To stop the world the garbage collector interrupts a pause by the signal with
// which it preempts goroutines: it waits 90 µs in the median and 300 µs at most
// for a pause that holds its processor, 8 and 240 µs for one that does not.
// Other goroutines that are ready run on the other processors. If all were held,
// they would wait 20 ms or more, since the monitor preempts only after 10 ms;
// with one processor, therefore, none is held.
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
