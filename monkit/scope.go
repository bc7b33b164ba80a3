package monkit

import (
	"fmt"
	"sync"
)

// Scope is a named group of metrics, most often those of one package. Each of
// its series carries the tag scope with its name.
//
// A method with a name returns the metric of that name and tags, and makes it
// at the first call. The order of tags does not matter. Finding a metric costs
// some tens of nanoseconds and no allocation; a metric in a variable costs
// none of that. A Scope is safe for concurrent use.
//
// The methods never fail. If the name belongs to another kind of metric, the
// result works but is not reported. All metrics of a kind beyond 10 000 in the
// scope are one, reported as overflow; so are those with more than 60 tags, or
// with more than 4 KiB of name and tags. See Registry.LimitSources.
type Scope struct {
	name     string  // set once by newScope
	base     *TagSet // set once by newScope; scope=name
	registry *core   // set once by newScope

	index  sourceIndex // the metrics; has its own lock
	sites  callSites   // the functions that call Task; has its own lock
	expiry expiry      // has its own lock, taken before that of index
	health health      // atomic

	mu     sync.Mutex
	chains []*chain // guarded by mu; replaced, never changed
}

// newScope returns a scope that keeps limit metrics.
func newScope(r *core, name string, limit int) *Scope {
	s := &Scope{
		name:     name,
		base:     newTagSet([]SeriesTag{{"scope", name}}),
		registry: r,
	}
	s.index.scope = s
	s.index.setLimit(limit)
	return s
}

var (
	counters     = kind[*Counter]{name: "counter", make: func(_ *Scope, key SeriesKey) *Counter { return NewCounter(key) }}
	meters       = kind[*Meter]{name: "meter", make: func(_ *Scope, key SeriesKey) *Meter { return NewMeter(key) }}
	timers       = kind[*Timer]{name: "timer", make: func(_ *Scope, key SeriesKey) *Timer { return NewTimer(key) }}
	intVals      = kind[*IntVal]{name: "int", make: func(_ *Scope, key SeriesKey) *IntVal { return NewIntVal(key) }}
	floatVals    = kind[*FloatVal]{name: "float", make: func(_ *Scope, key SeriesKey) *FloatVal { return NewFloatVal(key) }}
	boolVals     = kind[*BoolVal]{name: "bool", make: func(_ *Scope, key SeriesKey) *BoolVal { return NewBoolVal(key) }}
	durationVals = kind[*DurationVal]{name: "duration", make: func(_ *Scope, key SeriesKey) *DurationVal { return NewDurationVal(key) }}
	gauges       = kind[*gauge]{name: "gauge", make: func(s *Scope, key SeriesKey) *gauge { return &gauge{key: key, health: &s.health} }}
	funcs        = kind[*Func]{name: "func", fn: true, make: newFunc}
)

// Name returns the scope's name.
func (s *Scope) Name() string { return s.name }

// Counter returns the Counter called name.
func (s *Scope) Counter(name string, tags ...SeriesTag) *Counter {
	return lookup(s, &counters, name, tags)
}

// Meter returns the Meter called name.
func (s *Scope) Meter(name string, tags ...SeriesTag) *Meter {
	return lookup(s, &meters, name, tags)
}

// Event counts one event in the Meter called name.
func (s *Scope) Event(name string, tags ...SeriesTag) {
	lookup(s, &meters, name, tags).Mark64(1)
}

// Timer returns the Timer called name.
func (s *Scope) Timer(name string, tags ...SeriesTag) *Timer {
	return lookup(s, &timers, name, tags)
}

// IntVal returns the IntVal called name.
func (s *Scope) IntVal(name string, tags ...SeriesTag) *IntVal {
	return lookup(s, &intVals, name, tags)
}

// FloatVal returns the FloatVal called name.
func (s *Scope) FloatVal(name string, tags ...SeriesTag) *FloatVal {
	return lookup(s, &floatVals, name, tags)
}

// BoolVal returns the BoolVal called name.
func (s *Scope) BoolVal(name string, tags ...SeriesTag) *BoolVal {
	return lookup(s, &boolVals, name, tags)
}

// DurationVal returns the DurationVal called name.
func (s *Scope) DurationVal(name string, tags ...SeriesTag) *DurationVal {
	return lookup(s, &durationVals, name, tags)
}

// IntValf returns the IntVal whose name is made by fmt.Sprintf. Each name is a
// metric of its own and counts towards the limit of the scope. For a part that
// varies, prefer a tag; where it is made of data, see Registry.ExpireIdle.
func (s *Scope) IntValf(template string, args ...interface{}) *IntVal {
	return s.IntVal(fmt.Sprintf(template, args...))
}

// FloatValf returns the FloatVal whose name is made by fmt.Sprintf. See
// IntValf.
func (s *Scope) FloatValf(template string, args ...interface{}) *FloatVal {
	return s.FloatVal(fmt.Sprintf(template, args...))
}

// BoolValf returns the BoolVal whose name is made by fmt.Sprintf. See IntValf.
func (s *Scope) BoolValf(template string, args ...interface{}) *BoolVal {
	return s.BoolVal(fmt.Sprintf(template, args...))
}

// RawValf returns the RawVal whose name is made by fmt.Sprintf. See IntValf.
func (s *Scope) RawValf(template string, args ...interface{}) *RawVal {
	return s.RawVal(fmt.Sprintf(template, args...))
}

// Gauge has every walk call cb for the value called name. It replaces the
// earlier function of that name. Walks may call cb from any goroutine, and
// from several at once. If cb panics, the walk goes on without the value.
func (s *Scope) Gauge(name string, cb func() float64) {
	lookup(s, &gauges, name, nil).ask.Store(&cb)
}

// FuncNamed returns the Func called name. A tag with the key "name" replaces
// name. The keys "kind" and "error_name", which the series of a Func add
// themselves, become "tag_kind" and "tag_error_name".
func (s *Scope) FuncNamed(name string, tags ...SeriesTag) *Func {
	for i := range tags {
		if key := tags[i].Key; key == "name" || isFuncTag(key) {
			return s.funcRenamed(name, tags)
		}
	}
	return lookup(s, &funcs, name, tags)
}

func (s *Scope) funcRenamed(name string, tags []SeriesTag) *Func {
	var others []SeriesTag
	for _, tag := range tags {
		switch {
		case tag.Key == "name":
			name = tag.Val
			continue
		case isFuncTag(tag.Key):
			tag.Key = "tag_" + tag.Key
		}
		others = append(others, tag)
	}
	return lookup(s, &funcs, name, others)
}

// Func returns the Func named after the function that calls it.
func (s *Scope) Func() *Func { return s.funcAt(s.sites.siteOf(callerPC(1)), nil) }

// funcAt returns the Func of the function that site is in.
func (s *Scope) funcAt(site *callSite, tags []SeriesTag) *Func {
	if len(tags) > 0 {
		return s.FuncNamed(site.name, tags...)
	}
	fn := site.fn.Load()
	if fn == nil {
		fn = s.FuncNamed(site.name)
		if fn.name == site.name { // not the overflow Func, which serves only while the scope is full
			site.fn.Store(fn)
		}
	}
	return fn
}

// Funcs calls cb with all Funcs, in the order they were made.
func (s *Scope) Funcs(cb func(f *Func)) {
	for _, src := range s.index.reported() {
		if f, ok := strong(src).(*Func); ok {
			cb(f)
		}
	}
}

// Stats emits the samples of all metrics in the order they were made, then
// those of chained sources.
func (s *Scope) Stats(cb func(key SeriesKey, field string, val float64)) {
	for _, src := range s.index.reported() {
		src.Stats(cb)
	}
	for _, c := range s.chained() {
		c.walk(s, cb)
	}
	s.health.emit(SeriesKey{Measurement: healthName, Tags: s.base}, cb)
	s.expireIdle()
}
