package tracing

import (
	"slices"
	"sync/atomic"
	"time"

	"monkit.example/monkit"
)

// funcTraces holds the retained traces of one function. Recorder.mu guards
// them. The other fields decide without a lock that most traces are not
// retained.
type funcTraces struct {
	fn             *monkit.Func
	recent, failed throttle
	slow           slowThreshold

	retained map[Reason][]*retainedTrace // guarded by Recorder.mu; in the order in which they were added
}

func newFuncTraces(fn *monkit.Func) *funcTraces {
	return &funcTraces{fn: fn, retained: make(map[Reason][]*retainedTrace)}
}

// reasons returns the reasons to retain t.
func (f *funcTraces) reasons(t finishedTrace) (reasons Reason) {
	now := ticks(t.root.Finish)
	if f.recent.admit(now) {
		reasons |= Recent
	}
	if t.failed() && f.failed.admit(now) {
		reasons |= Failed
	}
	if f.slow.admit(now, t.duration()) {
		reasons |= Slow
	}
	return reasons
}

// addLocked retains t for those reasons. It returns the traces that t replaced
// and that are retained for no reason any more.
func (f *funcTraces) addLocked(t *retainedTrace, reasons Reason, o RecorderOptions) (replaced []*retainedTrace) {
	for _, each := range allReasons {
		if reasons&each.Reason == 0 {
			continue
		}
		f.retained[each.Reason] = append(f.retained[each.Reason], t)
		t.Reasons |= each.Reason
		if len(f.retained[each.Reason]) <= o.PerReason {
			continue
		}
		out := f.retained[each.Reason][0]
		if each.Reason == Slow {
			out = leastSlow(f.retained[Slow], t.end(), o)
		}
		if f.dropLocked(out, each.Reason); out.Reasons == 0 {
			replaced = append(replaced, out)
		}
	}
	f.slow.set(f.retained[Slow], o)
	return replaced
}

// dropLocked stops retaining t for that reason.
func (f *funcTraces) dropLocked(t *retainedTrace, reason Reason) {
	f.retained[reason] = slices.DeleteFunc(f.retained[reason], func(other *retainedTrace) bool { return other == t })
	t.Reasons &^= reason
}

func (f *funcTraces) removeLocked(t *retainedTrace, o RecorderOptions) {
	for _, each := range allReasons {
		f.dropLocked(t, each.Reason)
	}
	f.slow.set(f.retained[Slow], o)
}

func (f *funcTraces) emptyLocked() bool {
	for _, each := range allReasons {
		if len(f.retained[each.Reason]) > 0 {
			return false
		}
	}
	return true
}

// leastSlow returns the trace that must leave the slowest: the fastest of
// those that are too old, or the fastest of all if none is.
func leastSlow(slow []*retainedTrace, now time.Time, o RecorderOptions) *retainedTrace {
	least := slow[0]
	for _, t := range slow[1:] {
		old, leastOld := t.isOld(now, o), least.isOld(now, o)
		if old && !leastOld || old == leastOld && t.Duration < least.Duration {
			least = t
		}
	}
	return least
}

// epoch is where ticks start.
var epoch = time.Now()

// ticks returns the Unix time in nanoseconds that t would have if the wall clock
// had not been set since epoch. Times of a clock that was set back would forbid
// traces until it is where it was.
func ticks(t time.Time) int64 { return epoch.UnixNano() + int64(t.Sub(epoch)) }

// throttleInterval is the shortest time between two traces that are retained
// as Recent, and between two that are retained as Failed. It bounds what the
// Recorder costs a function that runs a million times a second.
const throttleInterval = 10 * time.Millisecond

// throttle admits one trace in each throttleInterval.
type throttle struct{ next atomic.Int64 } // in ticks, 0 before the first trace

func (t *throttle) admit(now int64) bool {
	next := t.next.Load()
	return now >= next && t.next.CompareAndSwap(next, now+int64(throttleInterval))
}

// slowThreshold admits a trace that is slower than the fastest of the slowest
// traces, and any trace if one of those is too old. While fewer than
// RecorderOptions.PerReason traces are among the slowest, it admits every trace.
type slowThreshold struct {
	least   atomic.Int64 // nanoseconds that a trace must take; 0 admits every trace
	expires atomic.Int64 // ticks after which one of the slowest is too old
}

func (t *slowThreshold) admit(now int64, took time.Duration) bool {
	return int64(took) >= t.least.Load() || now > t.expires.Load()
}

// set must be called whenever the slowest traces have changed.
func (t *slowThreshold) set(slow []*retainedTrace, o RecorderOptions) {
	if len(slow) < o.PerReason {
		t.least.Store(0)
		return
	}
	least, oldest := slow[0].Duration, slow[0].end()
	for _, s := range slow {
		least = min(least, s.Duration)
		if s.end().Before(oldest) {
			oldest = s.end()
		}
	}
	t.expires.Store(ticks(oldest.Add(o.Window)))
	t.least.Store(int64(least) + 1)
}
