package relay

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"

	"monkit.example/reporters"
)

// fanOut is the reporter of the aggregate's collector. It reports each batch to
// all destinations that need aggregated lines.
type fanOut struct {
	destinations []*destination // closed by the relay
	log          func(d *destination, err error)
	busy         chan struct{} // has an element while a walk is reported
	ended        atomic.Bool   // no more points are reported

	mu     sync.Mutex
	points int64 // guarded by mu; reported to each destination, or cut off
	cut    int64 // guarded by mu; those that were not reported, since the relay ends
}

var _ reporters.PartReporter = (*fanOut)(nil)

func newFanOut(log func(d *destination, err error)) *fanOut {
	return &fanOut{log: log, busy: make(chan struct{}, 1)}
}

// Name names the reporter in the collector's log.
func (f *fanOut) Name() string { return "aggregate" }

// Report reports b to all destinations.
func (f *fanOut) Report(ctx context.Context, b *reporters.Batch) error {
	f.count(len(b.Points), 0)
	for i, err := range f.report(ctx, b, nil) {
		f.logError(i, err)
	}
	return nil
}

// ReportParts reports all parts to all destinations, and locks none of these for
// longer than for a part. After end, it drops and counts the rest.
func (f *fanOut) ReportParts(ctx context.Context, b *reporters.Batch, parts iter.Seq[[]reporters.Point]) error {
	f.busy <- struct{}{}
	defer func() { <-f.busy }()
	var errs []error
	for points := range parts {
		if f.ended.Load() {
			f.count(len(points), len(points))
			continue
		}
		f.count(len(points), 0)
		errs = f.report(ctx, &reporters.Batch{At: b.At, Interval: b.Interval, Points: points, More: true}, errs)
	}
	errs = f.report(ctx, &reporters.Batch{At: b.At, Interval: b.Interval, More: b.More}, errs) // sends what is left
	for i, err := range errs {
		f.logError(i, err)
	}
	return nil
}

// end ends the report of a walk, after the part that it is in, and waits for that
// until ctx ends.
func (f *fanOut) end(ctx context.Context) {
	f.ended.Store(true)
	select {
	case f.busy <- struct{}{}:
		<-f.busy
	case <-ctx.Done():
	}
}

// report reports b to all destinations. It returns the first error of each, which
// errs has so far.
func (f *fanOut) report(ctx context.Context, b *reporters.Batch, errs []error) []error {
	if errs == nil {
		errs = make([]error, len(f.destinations))
	}
	for i, d := range f.destinations {
		if err := d.Reporter.Report(ctx, b); errs[i] == nil {
			errs[i] = err
		}
	}
	return errs
}

func (f *fanOut) logError(i int, err error) {
	if err != nil {
		f.log(f.destinations[i], err)
	}
}

func (f *fanOut) count(points, cut int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.points += int64(points)
	f.cut += int64(cut)
}

// reported returns how many points each destination should have accepted, with those
// that were cut off.
func (f *fanOut) reported() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.points
}

// cutOff returns how many points were not reported because the relay ended.
func (f *fanOut) cutOff() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cut
}

// Flush does nothing: the destinations send without it.
func (f *fanOut) Flush(context.Context) error { return nil }

// Close does nothing: the relay closes the destinations.
func (f *fanOut) Close(context.Context) error { return nil }
