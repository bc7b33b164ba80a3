package monkit

import "sync/atomic"

// inFlight counts the runs in flight of a function, and the most there were at
// once. There were never more than right before the end of one of them, or
// than there are now. So only ends look for the peak, and a start costs one
// addition.
//
// Ends count in one of two ways. While the distribution of the function has one
// shard, they count under its lock, which they need anyway. Once it has grown,
// they count by atomics; ended does not change any more, and needs no lock.
type inFlight struct {
	started      atomic.Int64
	endedSharded atomic.Int64 // ends since the distribution has grown
	peakSharded  atomic.Int64 // the peak at those ends

	_ [40]byte // keeps starts off the cache line of ends

	// guarded by the mutex of the first shard
	ended int64
	peak  int64
}

// end counts the end of a run. sharded reports whether the distribution has
// grown. Until it has, end must be called under the mutex of the first shard.
func (c *inFlight) end(sharded bool) {
	started := c.started.Load() // before the end: rather too few in flight than too many
	if !sharded {
		c.peak = max(c.peak, started-c.ended)
		c.ended++
		return
	}
	n := started - c.ended - c.endedSharded.Add(1) + 1
	raise(&c.peakSharded, n)
}

// currentLocked returns how many runs are in flight.
func (c *inFlight) currentLocked() int64 {
	started := c.started.Load()
	return max(0, started-c.ended-c.endedSharded.Load())
}

// highwaterLocked returns the most runs that were in flight at once.
func (c *inFlight) highwaterLocked() int64 {
	return max(c.peak, c.peakSharded.Load(), c.currentLocked())
}

// resetPeakLocked makes the runs that are in flight now the most there were.
func (c *inFlight) resetPeakLocked() {
	c.peak = 0
	c.peakSharded.Store(0)
}
