//go:build unix

package turns

import (
	"fmt"
	"syscall"
	"time"
)

// CPU returns the user and system time of this process so far, with that of the
// garbage collector.
func CPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(fmt.Sprintf("getrusage: %v", err)) // it fails for wrong arguments only
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
