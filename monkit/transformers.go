package monkit

import (
	"slices"
	"sync/atomic"
)

// transformers are those of one source, in the order in which they were given. A
// transformer is code of the user: it may panic, or never return.
type transformers struct{ all []*transformer }

type transformer struct {
	CallbackTransformer
	key    SeriesKey    // of its panics
	panics atomic.Int64 // each costs one sample, or, in Transform, all samples of a walk
	inside atomic.Int32 // walks that are in it, or in those that it passes samples to
	logged atomic.Bool
}

func newTransformers(all []CallbackTransformer) *transformers {
	return new(transformers).with(all)
}

// with returns t with more transformers. It leaves out those that are nil.
func (t *transformers) with(more []CallbackTransformer) *transformers {
	with := new(transformers)
	if t != nil {
		with.all = slices.Clone(t.all)
	}
	for _, m := range more {
		if m != nil {
			key := NewSeriesKey("monkit_transformer").WithTag("transformer", nameOfCode(m))
			with.all = append(with.all, &transformer{CallbackTransformer: m, key: key})
		}
	}
	return with
}

// walk passes the samples of emit through t to cb, and then the number of panics
// of each transformer that panicked. A sample whose transformer panics is left
// out. A panic of cb goes on: it is that of the code which walks.
func (t *transformers) walk(cb func(key SeriesKey, field string, val float64), emit func(cb func(key SeriesKey, field string, val float64))) {
	if t == nil || len(t.all) == 0 {
		emit(cb)
		return
	}
	inReader := false
	next := func(key SeriesKey, field string, val float64) {
		inReader = true
		cb(key, field, val)
		inReader = false
	}
	for _, each := range t.all {
		next = each.guard(next, &inReader)
	}
	emit(next)
	for _, each := range t.all {
		if n := each.panics.Load(); n > 0 {
			cb(each.key, "panics", float64(n))
		}
	}
}

// guard returns the callback that passes samples through t to next. inReader is
// whether the code which walks is running.
func (t *transformer) guard(next func(key SeriesKey, field string, val float64), inReader *bool) func(key SeriesKey, field string, val float64) {
	apply := t.transform(next)
	return func(key SeriesKey, field string, val float64) {
		t.inside.Add(1)
		defer t.leave(inReader)
		apply(key, field, val)
	}
}

// transform calls Transform. If that panics, the callback drops all samples.
func (t *transformer) transform(next func(key SeriesKey, field string, val float64)) (apply func(key SeriesKey, field string, val float64)) {
	t.inside.Add(1)
	apply = func(SeriesKey, string, float64) {}
	defer t.leave(new(bool))
	return t.Transform(next)
}

// leave must be deferred. It recovers a panic of the transformer and counts it.
func (t *transformer) leave(inReader *bool) {
	t.inside.Add(-1)
	rec := recover()
	switch {
	case rec == nil:
	case *inReader:
		panic(rec)
	default:
		t.panics.Add(1)
		if t.logged.CompareAndSwap(false, true) {
			new(health).warn("monkit: a transformer panicked; the sample is left out", "transformer", nameOfCode(t.CallbackTransformer), "panic", rec)
		}
	}
}

// running returns the transformer that a walk is in, or nil. Of several that
// pass samples to each other it is the last.
func (t *transformers) running() *transformer {
	if t == nil {
		return nil
	}
	for _, each := range t.all { // the first one is the last that gets a sample
		if each.inside.Load() > 0 {
			return each
		}
	}
	return nil
}
