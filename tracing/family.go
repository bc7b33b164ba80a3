package tracing

import (
	"cmp"
	"slices"
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

// family is what a Recorder keeps of one function. It is guarded by
// Recorder.mu.
type family struct {
	fn     *monkit.Func
	kept   map[Reason][]*kept
	paused map[Reason]time.Time // none is kept for the reason before that
}

func newFamily(fn *monkit.Func) *family {
	return &family{fn: fn, kept: make(map[Reason][]*kept), paused: make(map[Reason]time.Time)}
}

// pause is how long after one trace another is kept for the same reason, but
// for slowness: a function that runs a million times a second is not to spend
// its time on that.
const pause = 10 * time.Millisecond

// reasons returns why c should be kept.
func (f *family) reasons(c caught, o RecorderOptions) (why Reason) {
	now := c.root.Finish
	if f.due(Recent, now) {
		why |= Recent
	}
	if c.failed() && f.due(Failed, now) {
		why |= Failed
	}
	if slow := f.kept[Slow]; len(slow) < o.Each || gives(leastSlow(slow, now, o), c.duration(), now, o) {
		why |= Slow
	}
	return why
}

func (f *family) due(why Reason, now time.Time) bool {
	if now.Before(f.paused[why]) {
		return false
	}
	f.paused[why] = now.Add(pause)
	return true
}

// add keeps k for those reasons, and returns which are kept for none any more,
// in its place.
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
	return left
}

// drop has k kept for one reason less.
func (f *family) drop(k *kept, why Reason) {
	f.kept[why] = slices.DeleteFunc(f.kept[why], func(other *kept) bool { return other == k })
	k.Reasons &^= why
}

func (f *family) remove(k *kept) {
	for _, each := range allReasons {
		f.drop(k, each.Reason)
	}
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

// gives reports whether k leaves its place among the slow to one that took
// that long.
func gives(k *kept, took time.Duration, now time.Time, o RecorderOptions) bool {
	return k.old(now, o) || k.Duration < took
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
