package relay

import (
	"context"
	"sync"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

const (
	// maxAggregated bounds the series of an aggregate.
	maxAggregated = 100_000
	// aggregatedIdle is how long a series is kept that gets no more lines.
	aggregatedIdle = time.Hour
)

// aggregate adds up lines that report changes, as StatsD lines do, into series
// that report totals, for destinations whose format cannot hold changes. It is
// a Reporter to the receivers and a StatSource to the collector that reads the
// series. A counter becomes the field total, a gauge the field value, a timer
// or histogram the fields of a distribution in the unit of its lines.
type aggregate struct {
	mu     sync.Mutex
	series map[string]*aggregated // guarded by mu, as all below; by kind, measurement and tags
	order  []*aggregated          // in the order of their first lines
	counts ledger.Ledger
	name   []byte // scratch of findLocked
}

// aggregated is one series.
type aggregated struct {
	name  string
	key   monkit.SeriesKey
	field string           // of value
	value float64          // of a counter or a gauge
	dist  *monkit.FloatVal // of samples; nil for counters and gauges
	last  time.Time        // time of the newest line
}

func newAggregate() *aggregate {
	return &aggregate{series: make(map[string]*aggregated)}
}

// Report adds the lines of b.
func (a *aggregate) Report(_ context.Context, b *reporters.Batch) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.counts.Accepted += int64(len(b.Lines))
	now := time.Now() // with the monotonic clock, by which series are idle
	for _, l := range b.Lines {
		if reason := a.addLocked(b.Points[l.First:l.First+l.N], now); reason != "" {
			a.counts.Drop(reason, 1)
		} else {
			a.counts.Delivered++
		}
	}
	return nil
}

// addLocked adds the points of one line, or returns the reason to drop it.
func (a *aggregate) addLocked(points []reporters.Point, at time.Time) ledger.Reason {
	if len(points) == 0 || points[0].Kind == reporters.SetMember {
		return ledger.Unsupported // a set, an event or a service check
	}
	for i := range points {
		s := a.findLocked(&points[i])
		if s == nil {
			return ledger.SeriesLimit
		}
		s.add(&points[i])
		s.last = at
	}
	return ""
}

// findLocked returns the series of p and makes it if it is new. It returns nil
// if there are too many. It copies what it keeps of p.
func (a *aggregate) findLocked(p *reporters.Point) *aggregated {
	a.name = append(append(a.name[:0], role(p.Kind)), p.Key.Measurement...)
	for i := range p.Key.Tags.Len() {
		tag := p.Key.Tags.At(i)
		a.name = append(append(append(append(a.name, 0), tag.Key...), 0), tag.Val...)
	}
	if s := a.series[string(a.name)]; s != nil {
		return s
	}
	if len(a.series) >= maxAggregated {
		return nil
	}
	s := &aggregated{name: string(a.name), key: reporters.CloneKey(p.Key)}
	switch role(p.Kind) {
	case 'c':
		s.field = "total"
	case 'g':
		s.field = "value"
	default:
		s.dist = monkit.NewFloatVal(s.key)
	}
	a.series[s.name] = s
	a.order = append(a.order, s)
	return s
}

// role distinguishes the kinds of series that may share a name: counters,
// gauges and timers.
func role(k reporters.Kind) byte {
	switch k {
	case reporters.CounterDelta, reporters.Counter:
		return 'c'
	case reporters.Sample:
		return 'h'
	}
	return 'g'
}

func (s *aggregated) add(p *reporters.Point) {
	switch p.Kind {
	case reporters.CounterDelta, reporters.GaugeDelta:
		s.value += p.Value
	case reporters.Sample:
		s.dist.Observe(p.Value)
	default:
		s.value = p.Value
	}
}

// Stats emits the series and deletes those that are idle.
func (a *aggregate) Stats(cb func(key monkit.SeriesKey, field string, val float64)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	kept, now := a.order[:0], time.Now()
	for _, s := range a.order {
		if now.Sub(s.last) > aggregatedIdle {
			delete(a.series, s.name)
			continue
		}
		kept = append(kept, s)
		if s.dist != nil {
			s.dist.Stats(cb)
		} else {
			cb(s.key, s.field, s.value)
		}
	}
	clear(a.order[len(kept):])
	a.order = kept
}

// Ledger accounts for the lines. Those that were added to a series are
// delivered.
func (a *aggregate) Ledger() ledger.Ledger {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.counts.Clone()
}

// Flush does nothing: the next walk reads what was added.
func (a *aggregate) Flush(context.Context) error { return nil }

// Close does nothing.
func (a *aggregate) Close(context.Context) error { return nil }

// fanOut is the reporter of the aggregate's collector. It reports each batch to
// all destinations that need aggregated lines.
type fanOut struct {
	destinations []*destination // closed by the relay
	log          func(d *destination, err error)

	mu     sync.Mutex
	points int64 // guarded by mu; reported to each destination
}

// Name names the reporter in the collector's log.
func (f *fanOut) Name() string { return "aggregate" }

// Report reports b to all destinations.
func (f *fanOut) Report(ctx context.Context, b *reporters.Batch) error {
	f.mu.Lock()
	f.points += int64(len(b.Points))
	f.mu.Unlock()
	for _, d := range f.destinations {
		if err := d.Reporter.Report(ctx, b); err != nil {
			f.log(d, err)
		}
	}
	return nil
}

func (f *fanOut) reported() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.points
}

// Flush does nothing: the destinations send without it.
func (f *fanOut) Flush(context.Context) error { return nil }

// Close does nothing: the relay closes the destinations.
func (f *fanOut) Close(context.Context) error { return nil }
