package shape

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"monkit.example/internal/safelog"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// Options configure a reporter. The zero value is what [New] uses.
type Options struct {
	// Logger logs names that collide, are empty or too long, and points that
	// were forgotten: each kind at most once a minute. Nil means slog.Default.
	Logger *slog.Logger
	// MaxReceived is how many fields of received series are remembered at
	// least. When there are about twice as many, the oldest are forgotten. Delta
	// knows twice as many counters; the growth of further ones is reported as 0
	// until others were idle for an hour. A field takes
	// about 500 bytes; one with a name over 1 KiB counts as several. Zero means
	// 100 000. What is remembered of a collector's series is bounded by how many
	// of them exist at one time.
	MaxReceived int
}

// New returns a reporter that passes the points of each batch through steps,
// and those that are left to rep. It implements of the optional interfaces of
// package reporters those that rep does. Its name is that of rep, and its series
// are added to those of rep.
//
// If a step is wrong, each report returns the error, which a collector logs, and
// passes nothing on; use [Open] to get it at once. Closing the reporter closes
// rep.
func New(rep reporters.Reporter, steps ...Step) reporters.Reporter {
	return NewWith(rep, Options{}, steps...)
}

// NewWith is New with options.
func NewWith(rep reporters.Reporter, o Options, steps ...Step) reporters.Reporter {
	s, _ := newShaper(rep, o, steps)
	return s.expose()
}

// Open is NewWith for callers that want the error of a wrong step. It says which
// step, where in its pattern, and what to write.
func Open(rep reporters.Reporter, o Options, steps ...Step) (reporters.Reporter, error) {
	s, err := newShaper(rep, o, steps)
	if err != nil {
		return nil, err
	}
	return s.expose(), nil
}

// shaper is a reporter before expose adds the optional interfaces of rep.
type shaper struct {
	rep    reporters.Reporter
	err    error // of a step
	name   string
	depth  int              // 1, or more if rep is a shaper as well
	key    monkit.SeriesKey // of the shaper's own series
	counts counts

	mu    sync.Mutex
	log   logger          // guarded by mu, as all below
	table *table          // what the steps do to each point
	out   reporters.Batch // what is reported; its memory is used again
}

func newShaper(rep reporters.Reporter, o Options, steps []Step) (*shaper, error) {
	if o.MaxReceived <= 0 {
		o.MaxReceived = 100_000
	}
	c, err := newChain(steps)
	if isNil(rep) {
		rep, err = none{}, errors.Join(errors.New("no reporter"), err)
	}
	if err != nil {
		err = fmt.Errorf("shape: %w", err)
	}
	s := &shaper{rep: rep, err: err, name: nameOf(rep), depth: 1, table: newTable(c, o.MaxReceived)}
	tag := s.name
	if inner, ok := rep.(interface{ self() *shaper }); ok {
		s.depth += inner.self().depth
		tag = fmt.Sprintf("%s#%d", s.name, s.depth)
	}
	s.log = logger{log: safelog.Wrap(o.Logger), reporter: tag}
	s.key = monkit.NewSeriesKey(measurement).WithTag("reporter", tag)
	return s, err
}

// Report passes what the steps leave of b to the reporter.
func (s *shaper) Report(ctx context.Context, b *reporters.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.points.Add(int64(len(b.Points)))
	if s.err != nil {
		s.counts.failed.Add(int64(len(b.Points)))
		return s.err
	}
	defer s.resetLocked()
	s.shapeLocked(b)
	return s.rep.Report(ctx, &s.out)
}

// ReportParts is Report for the parts of a batch. A reporter that takes no parts
// gets the batch that they make.
func (s *shaper) ReportParts(ctx context.Context, b *reporters.Batch, parts iter.Seq[[]reporters.Point]) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		for points := range parts {
			s.counts.points.Add(int64(len(points)))
			s.counts.failed.Add(int64(len(points)))
		}
		return s.err
	}
	defer s.resetLocked()
	r := s.newRunLocked(b)
	defer r.finish()
	if rep, ok := s.rep.(reporters.PartReporter); ok {
		return rep.ReportParts(ctx, b, func(yield func([]reporters.Point) bool) {
			for points := range parts {
				clear(s.out.Points) // releases the series
				s.out.Points = s.out.Points[:0]
				r.addPart(points)
				if len(s.out.Points) > 0 && !yield(s.out.Points) {
					return
				}
			}
		})
	}
	for points := range parts {
		r.addPart(points)
	}
	return s.rep.Report(ctx, &s.out)
}

// newRunLocked begins to shape b, whose points will be in s.out.
func (s *shaper) newRunLocked(b *reporters.Batch) run {
	out := &s.out
	out.At, out.Interval, out.Format, out.More = b.At, b.Interval, b.Format, b.More
	out.Listener = b.Listener
	if b.Format != "" {
		s.table.totals.Use(b.Listener)
	}
	out.Rejected, out.RejectedLines, out.Skipped = b.Rejected, b.RejectedLines, b.Skipped
	out.BadReadings, out.Hints = b.BadReadings, b.Hints
	r := run{shaper: s, out: out, at: b.At.UnixNano()}
	if b.At.IsZero() {
		r.at = time.Now().UnixNano()
	}
	return r
}

// shapeLocked fills s.out.
func (s *shaper) shapeLocked(b *reporters.Batch) {
	r := s.newRunLocked(b)
	if b.Format == "" {
		r.addPoints(b.Points)
	} else {
		r.addLines(b)
	}
	r.finish()
}

// resetLocked releases what s.out refers to. Rejected, RejectedLines and Hints
// belong to another batch.
func (s *shaper) resetLocked() {
	s.out.Rejected, s.out.RejectedLines, s.out.Hints = nil, nil, nil
	s.out.Reset()
	s.table.received.endBatch()
}

// Flush flushes the reporter.
func (s *shaper) Flush(ctx context.Context) error {
	if s.err != nil {
		return s.err
	}
	return s.rep.Flush(ctx)
}

// Close closes the reporter.
func (s *shaper) Close(ctx context.Context) error { return s.rep.Close(ctx) }

// Name returns the name that a collector gives to the reporter.
func (s *shaper) Name() string { return s.name }

// nameOf returns the name of rep, or its type.
func nameOf(rep reporters.Reporter) string {
	if n, ok := rep.(reporters.Named); ok && n.Name() != "" {
		return n.Name()
	}
	return fmt.Sprintf("%T", rep)
}

// isNil reports whether rep is nil or a nil pointer.
func isNil(rep reporters.Reporter) bool {
	v := reflect.ValueOf(rep)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// none stands for a reporter that is nil.
type none struct{}

func (none) Report(context.Context, *reporters.Batch) error { return nil }
func (none) Flush(context.Context) error                    { return nil }
func (none) Close(context.Context) error                    { return nil }
