package tracing

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"monkit.example/monkit"
)

// Reason is why a trace is kept: a set of these.
type Reason uint8

const (
	// Recent is that it was among the latest.
	Recent Reason = 1 << iota
	// Failed is that it was among the latest that ended with an error or a
	// panic.
	Failed
	// Slow is that it was among the slowest.
	Slow
)

// allReasons has Slow last, as family.add needs it.
var allReasons = [...]struct {
	Reason
	name string
}{{Recent, "recent"}, {Failed, "failed"}, {Slow, "slow"}}

// String has the names with spaces between.
func (r Reason) String() (names string) {
	for _, each := range allReasons {
		if r&each.Reason == 0 {
			continue
		}
		if names != "" {
			names += " "
		}
		names += each.name
	}
	return names
}

// family is what a Recorder keeps of one function.
type family struct {
	fn   *monkit.Func
	kept map[Reason][]*kept // guarded by Recorder.mu

	// What most traces are turned down by, without a lock.
	recent, failed turnstile
	slow           threshold
}

func newFamily(fn *monkit.Func) *family {
	return &family{fn: fn, kept: make(map[Reason][]*kept)}
}

// reasons returns why c should be kept.
func (f *family) reasons(c caught) (why Reason) {
	now := c.root.Finish.UnixNano()
	if f.recent.pass(now) {
		why |= Recent
	}
	if c.failed() && f.failed.pass(now) {
		why |= Failed
	}
	if f.slow.pass(now, c.duration()) {
		why |= Slow
	}
	return why
}

// pause is how long after one trace another is kept for the same reason, but
// for slowness: a function that runs a million times a second is not to spend
// its time on that.
const pause = 10 * time.Millisecond

// turnstile lets one pass in a pause.
type turnstile struct{ next atomic.Int64 } // Unix time in nanoseconds, 0 at first

func (t *turnstile) pass(now int64) bool {
	next := t.next.Load()
	return (next == 0 || now >= next) && t.next.CompareAndSwap(next, now+int64(pause))
}

// threshold lets pass what takes longer than the least of the slow, or comes
// when one of them is old.
type threshold struct {
	least atomic.Int64 // nanoseconds, 0 while there is room
	old   atomic.Int64 // Unix time in nanoseconds, 0 while there is room
}

func (t *threshold) pass(now int64, took time.Duration) bool {
	least := t.least.Load()
	return least == 0 || int64(took) >= least || now > t.old.Load()
}

// set is called whenever slow has changed.
func (t *threshold) set(slow []*kept, o RecorderOptions) {
	if len(slow) < o.Each {
		t.least.Store(0)
		return
	}
	least, old := slow[0].Duration, slow[0].end()
	for _, k := range slow {
		least = min(least, k.Duration)
		if k.end().Before(old) {
			old = k.end()
		}
	}
	t.old.Store(old.Add(o.Window).UnixNano())
	t.least.Store(int64(least) + 1)
}

// add keeps k for those reasons, and returns which are kept for none any more,
// in its place. Recorder.mu is held, as in those below.
func (f *family) add(k *kept, why Reason, o RecorderOptions) (left []*kept) {
	for _, each := range allReasons {
		if why&each.Reason == 0 {
			continue
		}
		f.kept[each.Reason] = append(f.kept[each.Reason], k)
		k.Reasons |= each.Reason
		if len(f.kept[each.Reason]) <= o.Each {
			continue
		}
		out := f.kept[each.Reason][0]
		if each.Reason == Slow {
			out = leastSlow(f.kept[Slow], k.end(), o)
		}
		if f.drop(out, each.Reason); out.Reasons == 0 {
			left = append(left, out)
		}
	}
	f.slow.set(f.kept[Slow], o)
	return left
}

// drop has k kept for one reason less.
func (f *family) drop(k *kept, why Reason) {
	f.kept[why] = slices.DeleteFunc(f.kept[why], func(other *kept) bool { return other == k })
	k.Reasons &^= why
}

func (f *family) remove(k *kept, o RecorderOptions) {
	for _, each := range allReasons {
		f.drop(k, each.Reason)
	}
	f.slow.set(f.kept[Slow], o)
}

func (f *family) empty() bool {
	for _, each := range allReasons {
		if len(f.kept[each.Reason]) > 0 {
			return false
		}
	}
	return true
}

// leastSlow is the one that has to go first: one that was long ago, or else
// took least.
func leastSlow(slow []*kept, now time.Time, o RecorderOptions) *kept {
	return slices.MinFunc(slow, func(a, b *kept) int {
		return cmp.Or(-compareBool(a.old(now, o), b.old(now, o)), cmp.Compare(a.Duration, b.Duration))
	})
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
