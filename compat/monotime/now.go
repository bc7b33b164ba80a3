// Package monotime has the exported name of package monotime of monkit/v3, which
// returns the time of a clock that never steps back. New code uses package time,
// which has had such a clock since Go 1.9.
package monotime

import "time"

// Now returns time.Now. The difference of two such times is that of the
// monotonic clock, even if the wall clock is set in between.
func Now() time.Time { return time.Now() }
