package monkit

import "time"

// epoch is what ticks count from. Its monotonic part makes them immune to
// steps of the wall clock.
var epoch = time.Now()

// ticks is the time on the monotonic clock in nanoseconds since epoch.
func ticks() int64 { return int64(time.Since(epoch)) }
