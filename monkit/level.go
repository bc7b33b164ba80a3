package monkit

import "sync/atomic"

// level is how many runs are under way, and the most there were at once. There
// were never more than right before one of them ended, or than there are now,
// so that a start need not look.
type level struct {
	started   atomic.Int64
	endedMany atomic.Int64 // of those who have lanes
	peakMany  atomic.Int64 // as endedMany

	_ [40]byte // or starts would take away the cache line of who ends

	ended int64 // guarded by the first lane's lock; never changed once there are more
	peak  int64 // guarded by the first lane's lock
}

// ebb is the end of a run. many is whether there is more than the first lane,
// whose lock is held if not.
func (l *level) ebb(many bool) {
	started := l.started.Load() // before the end: rather too few than too many
	if !many {
		l.peak = max(l.peak, started-l.ended)
		l.ended++
		return
	}
	n := started - l.ended - l.endedMany.Add(1) + 1
	for peak := l.peakMany.Load(); n > peak && !l.peakMany.CompareAndSwap(peak, n); {
		peak = l.peakMany.Load()
	}
}

// running is how many runs are under way. The first lane's lock is held.
func (l *level) running() int64 {
	started := l.started.Load()
	return max(0, started-l.ended-l.endedMany.Load())
}

// highwater is the most there were. The first lane's lock is held.
func (l *level) highwater() int64 { return max(l.peak, l.peakMany.Load(), l.running()) }

// forget makes the most what there is now. The first lane's lock is held.
func (l *level) forget() {
	l.peak = 0
	l.peakMany.Store(0)
}
