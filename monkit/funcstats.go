package monkit

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// maxErrorNames bounds the names that one Func counts errors under.
	maxErrorNames = 64
	// otherErrors is the name of errors beyond that.
	otherErrors = "Other Error"
)

// FuncStats counts how often a function ran, how it ended, and how long it
// took. It is safe for concurrent use. Func is a FuncStats with a place in a
// Scope.
type FuncStats struct {
	key      SeriesKey
	timesKey [2]SeriesKey // success, failure
	health   *health      // may be nil

	inFlight inFlight
	success  sharded[time.Duration] // times of runs that succeeded

	// guarded by success.first.mu
	failure  DurationDist  // times of runs that ended with an error or panic
	panicked int64         // how many of those panicked
	errs     []*errorCount // sorted by name; replaced, never changed
}

// errorCount is how often a function ended with errors of one name.
type errorCount struct {
	name  string
	key   SeriesKey
	count atomic.Int64
}

// NewFuncStats returns a FuncStats with the series key.
func NewFuncStats(key SeriesKey) *FuncStats {
	f := new(FuncStats)
	f.init(key)
	return f
}

func (f *FuncStats) init(key SeriesKey) {
	f.key = key
	times := SeriesKey{Measurement: key.Measurement + "_times", Tags: key.Tags}
	f.timesKey[0] = times.WithTag("kind", "success")
	f.timesKey[1] = times.WithTag("kind", "failure")
}

// Observe measures one run without a span:
//
//	defer stats.Observe()(&err)
//
// The returned function must be the deferred one, so that it sees panics. It
// counts a panic and panics again. A panic with http.ErrAbortHandler counts as an
// error called Aborted.
func (f *FuncStats) Observe() func(errptr *error) {
	f.start()
	began := ticks()
	return func(errptr *error) {
		rec := recover()
		now := ticks()
		panicked, err := rec != nil, errorAt(errptr)
		if panicked {
			panicked, err = outcomeOfPanic(rec, err)
		}
		f.end(err, panicked, time.Duration(now-began), now)
		if rec != nil {
			panic(rec)
		}
	}
}

// outcomeOfPanic returns how a run ended that panicked with recovered and whose error is
// err. A panic with http.ErrAbortHandler is how a handler ends a response whose client
// has gone away, and so counts as that error.
func outcomeOfPanic(recovered interface{}, err error) (panicked bool, outcome error) {
	if isAbort(recovered) {
		return false, recovered.(error)
	}
	return true, err
}

func errorAt(errptr *error) error {
	if errptr == nil {
		return nil
	}
	return *errptr
}

func (f *FuncStats) start() { f.inFlight.started.Add(1) }

// end counts a run that took elapsed and ended at now.
func (f *FuncStats) end(err error, panicked bool, elapsed time.Duration, now int64) {
	if err == nil && !panicked {
		s := f.success.lock()
		f.inFlight.end(f.success.grown())
		s.dist.insertAt(elapsed, now)
		s.mu.Unlock()
		return
	}
	var name string
	if !panicked {
		name = f.nameError(err) // runs user code, and so takes no lock
	}
	mu := &f.success.first.mu
	mu.Lock()
	defer mu.Unlock()
	f.inFlight.end(f.success.grown())
	f.failure.insertAt(elapsed, now)
	if panicked {
		f.panicked++
		return
	}
	f.errorCountLocked(name).count.Add(1)
}

func (f *FuncStats) nameError(err error) string {
	name, panics := errorName(err)
	if f.health != nil && panics > 0 {
		f.health.panics.Add(panics)
	}
	return name
}

// errorCountLocked returns the count of errors called name, made at the first
// one.
func (f *FuncStats) errorCountLocked(name string) *errorCount {
	i, ok := f.findErrorLocked(name)
	if ok {
		return f.errs[i]
	}
	if len(f.errs) >= maxErrorNames {
		name = otherErrors
		if i, ok = f.findErrorLocked(name); ok {
			return f.errs[i]
		}
	}
	c := &errorCount{name: name, key: f.key.WithTag("error_name", name)}
	f.errs = slices.Insert(slices.Clone(f.errs), i, c)
	return c
}

func (f *FuncStats) findErrorLocked(name string) (int, bool) {
	return slices.BinarySearchFunc(f.errs, name, func(c *errorCount, name string) int {
		return strings.Compare(c.name, name)
	})
}

// Reset forgets all runs that ended. Runs in flight still count as current.
func (f *FuncStats) Reset() {
	success := f.success.lockMerged()
	defer f.success.unlockMerged()
	success.Reset()
	f.failure.Reset()
	f.inFlight.resetPeakLocked()
	f.panicked, f.errs = 0, nil
}

// Current returns how many runs are in flight.
func (f *FuncStats) Current() int64 {
	f.success.lockMerged()
	defer f.success.unlockMerged()
	return f.inFlight.currentLocked()
}

// Highwater returns the most runs that were in flight at once.
func (f *FuncStats) Highwater() int64 {
	f.success.lockMerged()
	defer f.success.unlockMerged()
	return f.inFlight.highwaterLocked()
}

// Success returns how many runs ended without an error or panic.
func (f *FuncStats) Success() int64 {
	success := f.success.lockMerged()
	defer f.success.unlockMerged()
	return success.Count
}

// Panics returns how many runs ended by a panic.
func (f *FuncStats) Panics() int64 {
	f.success.lockMerged()
	defer f.success.unlockMerged()
	return f.panicked
}

// Errors returns how many runs ended with an error, by the name of the error.
func (f *FuncStats) Errors() map[string]int64 {
	f.success.lockMerged()
	defer f.success.unlockMerged()
	errs := make(map[string]int64, len(f.errs))
	for _, c := range f.errs {
		errs[c.name] = c.count.Load()
	}
	return errs
}

// SuccessTimes returns a copy of the times of runs that ended without an error
// or panic.
func (f *FuncStats) SuccessTimes() *DurationDist {
	success := f.success.lockMerged()
	defer f.success.unlockMerged()
	return success.copyAs(f.timesKey[0])
}

// FailureTimes returns a copy of the times of runs that ended with an error or
// panic.
func (f *FuncStats) FailureTimes() *DurationDist {
	f.success.lockMerged()
	defer f.success.unlockMerged()
	return f.failure.copyAs(f.timesKey[1])
}

// Stats emits current, highwater, successes, errors, panics, failures (errors
// and panics) and total; count for each error_name; and the distributions of
// times in seconds.
func (f *FuncStats) Stats(cb func(key SeriesKey, field string, val float64)) {
	now := ticks()
	times := f.success.lockMerged()
	current, highwater := f.inFlight.currentLocked(), f.inFlight.highwaterLocked()
	success, failure := times.summary(now), f.failure.summary(now)
	panics, errs := f.panicked, f.errs
	f.success.unlockMerged()

	cb(f.key, "current", float64(current))
	cb(f.key, "highwater", float64(highwater))
	cb(f.key, "successes", float64(success.count))
	cb(f.key, "errors", float64(failure.count-panics))
	cb(f.key, "panics", float64(panics))
	cb(f.key, "failures", float64(failure.count))
	cb(f.key, "total", float64(success.count+failure.count))
	for _, c := range errs {
		cb(c.key, "count", float64(c.count.Load()))
	}
	success.emit(f.timesKey[0], cb)
	failure.emit(f.timesKey[1], cb)
}

// Heatmap returns a source like that of Val.Heatmap, of the times of all runs.
func (f *FuncStats) Heatmap() StatSource {
	key := SeriesKey{Measurement: f.key.Measurement + "_times", Tags: f.key.Tags}
	return newHeatmap(key, func(cb func(low, high float64, count int64)) {
		success := f.success.lockMerged()
		defer f.success.unlockMerged()
		success.Buckets(cb)
		f.failure.Buckets(cb)
	})
}
