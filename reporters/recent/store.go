package recent

import (
	"context"
	"maps"
	"strings"
	"sync"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// Options bound a Store. The zero value works.
type Options struct {
	// Window is for how long samples are kept. Zero means 10 minutes.
	Window time.Duration
	// MaxSeries bounds the number of series. Points of further ones are dropped
	// until others have been idle for a whole window. Zero means 10 000.
	MaxSeries int
	// MaxSamples bounds the samples of one series; the oldest is replaced. Zero
	// means 600, which is a sample every second in the default window.
	MaxSamples int
}

func (o Options) withDefaults() Options {
	if o.Window <= 0 {
		o.Window = 10 * time.Minute
	}
	if o.MaxSeries <= 0 {
		o.MaxSeries = 10_000
	}
	if o.MaxSamples <= 0 {
		o.MaxSamples = 600
	}
	return o
}

// maxText bounds the name of a series with its tags and field. Carbon takes at
// most 255 bytes a part.
const maxText = 1024

// Store is a Reporter that keeps the newest samples of each series. All methods
// are safe for concurrent use. It starts no goroutines and needs no Close.
type Store struct {
	opts Options
	key  monkit.SeriesKey // of the store's own series

	mu      sync.Mutex
	byText  map[string]*series      // guarded by mu, as all below
	byID    reporters.Memo[*series] // the same series by the numbers of a collector's points
	sorted  []*series               // by name; nil if it must be made again
	swept   int64                   // time of the last sweep
	newest  int64                   // time of the last batch
	counts  ledger.Ledger
	expired int64  // number of series deleted because they were idle
	text    []byte // scratch of find
}

// series has the samples of one field of a series.
type series struct {
	// These never change.
	name  string
	key   monkit.SeriesKey
	field string
	text  string // its key in Store.byText

	kind    reporters.Kind // guarded by Store.mu, as all below
	ring    ring
	deleted bool // it is not in the store any more
}

const measurement = "recent"

// reasons are all by which a Store drops lines, and reasonKeys the series of
// their counts.
var (
	reasons    = [...]ledger.Reason{ledger.NotFinite, ledger.Unsupported, ledger.TooOld, ledger.TooNew, ledger.NameTooLong, ledger.SeriesLimit}
	reasonKeys = func() (keys [len(reasons)]monkit.SeriesKey) {
		for i, reason := range reasons {
			keys[i] = monkit.NewSeriesKey(measurement).WithTag("reason", string(reason))
		}
		return keys
	}()
)

// New returns an empty Store with the default bounds.
func New() *Store { return NewWith(Options{}) }

// NewWith is New with options.
func NewWith(o Options) *Store {
	return &Store{
		opts:   o.withDefaults(),
		key:    monkit.NewSeriesKey(measurement),
		byText: make(map[string]*series),
	}
}

// Report keeps the points of b. A point that cannot be kept is counted as
// dropped and is no error. The ledger counts points for the batch of a
// collector, and lines for a batch that was received; such a line is delivered
// if any of its points is kept.
func (s *Store) Report(_ context.Context, b *reporters.Batch) error {
	at := b.At
	if at.IsZero() {
		at = time.Now()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.followClockLocked(at.UnixNano())
	s.sweepLocked(at.UnixNano())
	if b.Format == "" {
		for i := range b.Points {
			s.countLocked(s.putLocked(&b.Points[i], at.UnixNano()))
		}
		return nil
	}
	for _, l := range b.Lines {
		s.countLocked(s.putLineLocked(b.Points[l.First:l.First+l.N], at.UnixNano()))
	}
	return nil
}

func (s *Store) countLocked(reason ledger.Reason) {
	s.counts.Accepted++
	if reason == "" {
		s.counts.Delivered++
	} else {
		s.counts.Drop(reason, 1)
	}
}

// putLineLocked returns "" if any of points is kept, else the reason of the
// first.
func (s *Store) putLineLocked(points []reporters.Point, now int64) ledger.Reason {
	var reason ledger.Reason
	kept := len(points) == 0
	for i := range points {
		if r := s.putLocked(&points[i], now); r == "" {
			kept = true
		} else if reason == "" {
			reason = r
		}
	}
	if kept {
		return ""
	}
	return reason
}

// putLocked keeps one point, or returns why it cannot.
func (s *Store) putLocked(p *reporters.Point, now int64) ledger.Reason {
	window := int64(s.opts.Window)
	switch {
	case !reporters.Finite(p.Value):
		return ledger.NotFinite
	case p.Kind == reporters.SetMember:
		return ledger.Unsupported
	case p.Time < now-window:
		return ledger.TooOld
	case p.Time > now+window:
		return ledger.TooNew
	}
	e, reason := s.findLocked(p)
	if e == nil {
		return reason
	}
	e.kind = p.Kind
	if !e.ring.put(slot{p.Time, p.Value}, s.opts.MaxSamples) {
		return ledger.TooOld
	}
	e.ring.expire(now - window)
	return ""
}

// findLocked returns the series of p, which it makes if it is new, or nil and
// the reason why it cannot.
func (s *Store) findLocked(p *reporters.Point) (e *series, reason ledger.Reason) {
	known, _ := s.byID.Field(p)
	if known != nil && *known != nil && !(*known).deleted {
		return *known, ""
	}
	s.text = appendText(s.text[:0], p.Key, p.Field)
	e = s.byText[string(s.text)]
	switch {
	case e != nil:
	case len(s.text) > maxText:
		return nil, ledger.NameTooLong
	case len(s.byText) >= s.opts.MaxSeries:
		return nil, ledger.SeriesLimit
	default:
		e = s.addLocked(p)
	}
	if known != nil {
		*known = e
	}
	return e, ""
}

// addLocked makes the series of p, whose text is in s.text. It copies all
// memory of the batch.
func (s *Store) addLocked(p *reporters.Point) *series {
	e := &series{name: name(p), key: reporters.CloneKey(p.Key), field: strings.Clone(p.Field), text: string(s.text)}
	s.byText[e.text] = e
	s.sorted = nil
	return e
}

// name returns the canonical text of a series in memory of its own.
func name(p *reporters.Point) string {
	n := p.Key.String()
	if p.Field != "" {
		n = p.Key.WithField(p.Field)
	}
	return strings.Clone(strings.ToValidUTF8(n, "\uFFFD"))
}

// setBack is by how much a batch may be older than the one before. One that is
// older still is a sign that the clock was set back: reporters get batches late,
// but not by a minute.
const setBack = int64(time.Minute)

// followClockLocked deletes the samples after now if the clock was set back.
// They would count as the newest until the clock is where it was, and the series
// that have only such samples would take the place of others.
func (s *Store) followClockLocked(now int64) {
	if s.newest-now > setBack {
		for _, e := range s.byText {
			e.ring.cut(now)
		}
		s.swept = 0
	}
	s.newest = now
}

// sweepLocked deletes the series that have no sample in the window. It does so
// a few times per window, and every second while there are too many series.
func (s *Store) sweepLocked(now int64) {
	window := int64(s.opts.Window)
	every := window / 16
	if len(s.byText) >= s.opts.MaxSeries {
		every = min(every, int64(time.Second))
	}
	if now-s.swept < every {
		return
	}
	s.swept = now
	maps.DeleteFunc(s.byText, func(_ string, e *series) bool {
		e.ring.expire(now - window)
		e.deleted = e.ring.n == 0
		if e.deleted {
			s.expired++
			s.sorted = nil
		}
		return e.deleted
	})
}

// Flush does nothing: Report keeps the points before it returns.
func (s *Store) Flush(context.Context) error { return nil }

// Close does nothing: the samples can still be read.
func (s *Store) Close(context.Context) error { return nil }

// Ledger accounts for every point and line that was reported.
func (s *Store) Ledger() ledger.Ledger {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts.Clone()
}

var (
	_ reporters.Reporter = (*Store)(nil)
	_ ledger.Keeper      = (*Store)(nil)
	_ monkit.TotalSource = (*Store)(nil)
)
