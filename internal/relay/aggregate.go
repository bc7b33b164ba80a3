package relay

import (
	"context"
	"strings"
	"sync"
	"time"

	"monkit.example/internal/ledger"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

const (
	// maxFolded bounds the series of an aggregate.
	maxFolded = 100_000
	// foldedIdle is after how long without a line a series is forgotten.
	foldedIdle = time.Hour
)

// aggregate folds lines that say what changed, as those of statsd do, into
// series that say how things stand, for the formats that have no others. It
// is a Reporter on the side of the lines and a StatSource on that of the
// series, which a collector reads. A counter becomes the field total, a gauge
// value, and a timer or histogram the fields of a distribution, in the unit
// it came in.
type aggregate struct {
	mu     sync.Mutex
	series map[string]*folded // by kind, measurement and tags; guarded by mu
	order  []*folded          // as they came; guarded by mu
	counts ledger.Ledger      // guarded by mu
	name   []byte             // of the point at hand; guarded by mu
}

// folded is one series.
type folded struct {
	name  string
	key   monkit.SeriesKey
	field string           // of value
	value float64          // a total or a level
	dist  *monkit.FloatVal // of observations; nil for the others
	last  time.Time        // when a line said something
}

func newAggregate() *aggregate {
	return &aggregate{series: make(map[string]*folded)}
}

// Report folds the lines of b.
func (a *aggregate) Report(_ context.Context, b *reporters.Batch) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.counts.Accepted += int64(len(b.Lines))
	for _, l := range b.Lines {
		if why := a.fold(b.Points[l.First:l.First+l.N], b.At); why != "" {
			a.counts.Drop(why, 1)
		} else {
			a.counts.Delivered++
		}
	}
	return nil
}

// fold adds the points of one line, or says why it could not.
func (a *aggregate) fold(points []reporters.Point, at time.Time) (why string) {
	if len(points) == 0 {
		return "unencodable" // a set, an event or a service check
	}
	for i := range points {
		f := a.find(&points[i])
		if f == nil {
			return "series_limit"
		}
		f.add(&points[i])
		f.last = at
	}
	return ""
}

// find returns the series of p, made now if it is new, or nil if there are
// too many. What it keeps of p is copied.
func (a *aggregate) find(p *reporters.Point) *folded {
	a.name = append(append(a.name[:0], role(p.Kind)), p.Key.Measurement...)
	for i := range p.Key.Tags.Len() {
		tag := p.Key.Tags.At(i)
		a.name = append(append(append(append(a.name, 0), tag.Key...), 0), tag.Val...)
	}
	if f := a.series[string(a.name)]; f != nil {
		return f
	}
	if len(a.series) >= maxFolded {
		return nil
	}
	f := &folded{name: string(a.name), key: cloneKey(p.Key)}
	switch role(p.Kind) {
	case 'c':
		f.field = "total"
	case 'g':
		f.field = "value"
	default:
		f.dist = monkit.NewFloatVal(f.key)
	}
	a.series[f.name] = f
	a.order = append(a.order, f)
	return f
}

// role tells apart what may share a name: a counter, a gauge and a timer.
func role(k reporters.Kind) byte {
	switch k {
	case reporters.Delta, reporters.Total:
		return 'c'
	case reporters.Observed:
		return 'h'
	}
	return 'g'
}

func cloneKey(k monkit.SeriesKey) monkit.SeriesKey {
	c := monkit.NewSeriesKey(strings.Clone(k.Measurement))
	for i := range k.Tags.Len() {
		tag := k.Tags.At(i)
		c = c.WithTag(strings.Clone(tag.Key), strings.Clone(tag.Val))
	}
	return c
}

func (f *folded) add(p *reporters.Point) {
	switch p.Kind {
	case reporters.Delta, reporters.Relative:
		f.value += p.Value
	case reporters.Observed:
		f.dist.Observe(p.Value)
	default:
		f.value = p.Value
	}
}

// Stats emits the series and forgets those that are idle.
func (a *aggregate) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	kept, now := a.order[:0], time.Now()
	for _, f := range a.order {
		if now.Sub(f.last) > foldedIdle {
			delete(a.series, f.name)
			continue
		}
		kept = append(kept, f)
		if f.dist != nil {
			f.dist.Stats(cb)
		} else {
			cb(f.key, f.field, f.value)
		}
	}
	clear(a.order[len(kept):])
	a.order = kept
}

// Ledger accounts for the lines: those that are folded are delivered.
func (a *aggregate) Ledger() ledger.Ledger {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.counts.Clone()
}

// Flush has nothing to wait for: what is folded is read by the next walk.
func (a *aggregate) Flush(context.Context) error { return nil }

// Close has nothing to let go of.
func (a *aggregate) Close(context.Context) error { return nil }

// fan is the reporter of the aggregate's collector: it hands a batch to each
// destination that the lines themselves cannot go to. These are closed by the
// relay.
type fan struct {
	dests []*dest
	log   func(d *dest, err error)

	mu     sync.Mutex
	points int64 // that were handed on; guarded by mu
}

func (f *fan) Name() string { return "aggregate" }

// Report hands b to all.
func (f *fan) Report(ctx context.Context, b *reporters.Batch) error {
	f.mu.Lock()
	f.points += int64(len(b.Points))
	f.mu.Unlock()
	for _, d := range f.dests {
		if err := d.Reporter.Report(ctx, b); err != nil {
			f.log(d, err)
		}
	}
	return nil
}

func (f *fan) handed() int64 { f.mu.Lock(); defer f.mu.Unlock(); return f.points }

// Flush leaves the destinations to the relay.
func (f *fan) Flush(context.Context) error { return nil }

// Close does too.
func (f *fan) Close(context.Context) error { return nil }
