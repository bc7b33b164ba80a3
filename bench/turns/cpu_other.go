//go:build !unix

package turns

import "time"

var epoch = time.Now()

// CPU returns the time since the start, since the system has no getrusage.
func CPU() time.Duration { return time.Since(epoch) }
