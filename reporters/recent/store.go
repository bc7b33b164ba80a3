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

// Options bound a Store. The zero value is good.
type Options struct {
	// Window is how far back samples are kept. Zero means 10 min.
	Window time.Duration
	// MaxSeries is the most series kept at once; the lines of further ones are
	// dropped and counted until others have been idle for a whole window.
	// Zero means 10 000.
	MaxSeries int
	// MaxSamples is the most samples of one series; the oldest makes room.
	// Zero means 600, which is a window of one a second.
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

// maxText bounds the name of a series, its tags and field included. Carbon
// and its like take no more than 255 bytes a part.
const maxText = 1024

// Store is a Reporter that keeps what it is told. All methods are safe for
// concurrent use. It starts no goroutines and needs no Close.
type Store struct {
	opts Options
	key  monkit.SeriesKey // of its own stats

	mu      sync.Mutex
	byText  map[string]*series
	byID    reporters.Memo[*series] // of a collector's points
	sorted  []*series               // by name; nil when it must be made anew
	swept   int64                   // when idle series were last looked for
	counts  ledger.Ledger
	expired int64  // series forgotten because they were idle
	text    []byte // scratch
}

// series is what is kept of one. All but the fixed part is guarded by the
// store's mutex.
type series struct {
	name  string           // fixed
	key   monkit.SeriesKey // fixed
	field string           // fixed
	text  string           // fixed; what Store.byText has it by

	kind reporters.Kind
	ring ring
	gone bool // no longer in the store
}

// New returns an empty Store with the default bounds.
func New() *Store { return NewWith(Options{}) }

// NewWith is New with options.
func NewWith(o Options) *Store {
	return &Store{
		opts:   o.withDefaults(),
		key:    monkit.NewSeriesKey("recent"),
		byText: make(map[string]*series),
	}
}

// Report takes in all points of b. A point that finds no place is counted as
// dropped and is no error. The unit of the ledger is one point of a
// collector's batch, or one line of a batch from the wire; such a line is
// delivered if any of its points found a place.
func (s *Store) Report(_ context.Context, b *reporters.Batch) error {
	at := b.At
	if at.IsZero() {
		at = time.Now()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(at.UnixNano())
	if b.Format == "" {
		for i := range b.Points {
			s.count(s.put(&b.Points[i], at.UnixNano()))
		}
		return nil
	}
	for _, l := range b.Lines {
		s.count(s.putLine(b.Points[l.First:l.First+l.N], at.UnixNano()))
	}
	return nil
}

func (s *Store) count(reason ledger.Reason) {
	s.counts.Accepted++
	if reason == "" {
		s.counts.Delivered++
	} else {
		s.counts.Drop(reason, 1)
	}
}

// putLine returns "" if any of points found a place, else the first one's
// reason.
func (s *Store) putLine(points []reporters.Point, now int64) ledger.Reason {
	var reason ledger.Reason
	placed := len(points) == 0
	for i := range points {
		if r := s.put(&points[i], now); r == "" {
			placed = true
		} else if reason == "" {
			reason = r
		}
	}
	if placed {
		return ""
	}
	return reason
}

// put takes in one point and returns why not.
func (s *Store) put(p *reporters.Point, now int64) ledger.Reason {
	window := int64(s.opts.Window)
	switch {
	case !reporters.Finite(p.Value):
		return ledger.NotFinite
	case p.Time < now-window:
		return ledger.TooOld
	case p.Time > now+window:
		return ledger.TooNew
	}
	e, reason := s.find(p)
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

// find returns the series of p, made if it is new, or nil and why there is no
// room for it.
func (s *Store) find(p *reporters.Point) (e *series, reason ledger.Reason) {
	place, _ := s.byID.Field(p)
	if place != nil && *place != nil && !(*place).gone {
		return *place, ""
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
		e = s.add(p)
	}
	if place != nil {
		*place = e
	}
	return e, ""
}

// add makes the series of p, whose text is in s.text. Nothing of it points
// into the batch.
func (s *Store) add(p *reporters.Point) *series {
	e := &series{name: name(p), key: cloneKey(p.Key), field: strings.Clone(p.Field), text: string(s.text)}
	s.byText[e.text] = e
	s.sorted = nil
	return e
}

// name is the canonical text of a series in memory of its own.
func name(p *reporters.Point) string {
	n := p.Key.String()
	if p.Field != "" {
		n = p.Key.WithField(p.Field)
	}
	return strings.Clone(strings.ToValidUTF8(n, "\uFFFD"))
}

// sweep forgets the series that had nothing within a window. It looks for
// them a few times a window, and each second while there is no room.
func (s *Store) sweep(now int64) {
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
		e.gone = e.ring.n == 0
		if e.gone {
			s.expired++
			s.sorted = nil
		}
		return e.gone
	})
}

// Flush has nothing to wait for.
func (s *Store) Flush(context.Context) error { return nil }

// Close keeps what is there, to be looked at still.
func (s *Store) Close(context.Context) error { return nil }

// Ledger accounts for all that was reported.
func (s *Store) Ledger() ledger.Ledger {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts.Clone()
}

var (
	_ reporters.Reporter = (*Store)(nil)
	_ ledger.Keeper      = (*Store)(nil)
	_ monkit.StatSource  = (*Store)(nil)
)
