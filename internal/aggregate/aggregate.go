package aggregate

import (
	"context"
	"hash/maphash"
	"log/slog"
	"strings"
	"sync"
	"time"

	"monkit.example/internal/examples"
	"monkit.example/internal/loglimit"
	"monkit.example/internal/safelog"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// DefaultBytes is Options.Bytes if that is zero.
const DefaultBytes = 256 << 20

// Options configure an Aggregate. The zero value works.
type Options struct {
	// Bytes bounds the memory of all series, and of what a collector and encoders
	// remember of them. Zero means 256 MiB. A line that needs a new series where
	// there is no room is dropped as ledger.SeriesLimit, unless the one that has been
	// idle for longest, and for five minutes, can make room: it is deleted then.
	Bytes int64
	// Listeners is how many listeners report batches. Each has an equal share of
	// Bytes for the series that its lines make first. Zero means one.
	Listeners int
	// Reporters is how many reporters get the series. Each remembers them.
	// FieldReporters is how many of them remember each field with the whole name.
	Reporters, FieldReporters int
	// Stamped gets the points that have a time of their own, in the field "value",
	// and of each name and time one for a batch that is reported. It must neither
	// keep nor change the batch. Nil means that they are dropped as
	// ledger.Unsupported.
	Stamped func(ctx context.Context, b *reporters.Batch) error
	// Logger logs that there is no room for series, at most once a minute. Nil
	// discards.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Bytes <= 0 {
		o.Bytes = DefaultBytes
	}
	o.Listeners = max(o.Listeners, 1)
	if o.Logger = safelog.Wrap(o.Logger); o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Aggregate is a set of series. All methods are safe for concurrent use, but only
// one collector may read the series: sets begin again with each walk.
type Aggregate struct {
	opts  Options
	began time.Time // times are nanoseconds since then, by the monotonic clock
	seed  maphash.Seed

	examples examples.Examples // of lines that were dropped

	walking sync.Mutex // held by Stats; locked before mu
	samples []sample   // owned by Stats

	mu       sync.Mutex
	series   map[string]*series // guarded by mu, as all below; by name
	order    []*series          // in the order of their first lines
	accounts map[string]*account
	counts   ledger.Ledger
	evicted  int64          // series that made room
	refused  int64          // lines that were dropped because there was no room
	full     loglimit.Limit // of records that there is no room
	name     []byte
	endWalks time.Time // from which on walks end; zero is never
}

var (
	_ reporters.Reporter = (*Aggregate)(nil)
	_ ledger.Keeper      = (*Aggregate)(nil)
	_ monkit.TotalSource = (*Aggregate)(nil)
)

// New returns an Aggregate without series.
func New(o Options) *Aggregate {
	return &Aggregate{
		opts: o.withDefaults(), began: time.Now(), seed: maphash.MakeSeed(),
		series: make(map[string]*series), accounts: make(map[string]*account),
	}
}

func (a *Aggregate) now() int64 { return int64(time.Since(a.began)) }

// Report adds the lines of b. It returns the error of Options.Stamped.
func (a *Aggregate) Report(ctx context.Context, b *reporters.Batch) error {
	stamped, refused := a.add(b)
	if refused > 0 {
		a.logFull(b.Listener, refused)
	}
	if len(stamped) == 0 {
		return nil
	}
	return a.opts.Stamped(ctx, &reporters.Batch{At: b.At, Listener: b.Listener, Points: stamped})
}

// arrived is what the lines of one batch have in common.
type arrived struct {
	batch   *reporters.Batch
	owner   *account // of new series
	now     int64    // when they came
	stamped stamped  // that are to be passed on
}

// add adds the lines of b. It returns the points that are to be passed on, and how
// many lines were dropped because there is no room.
func (a *Aggregate) add(b *reporters.Batch) (stamped []reporters.Point, refused int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	in := arrived{batch: b, owner: a.accountLocked(b.Listener), now: a.now()}
	a.counts.Accepted += int64(len(b.Lines))
	for i := range b.Lines {
		if reason := a.addLineLocked(&in, &b.Lines[i]); reason != "" {
			a.counts.Drop(reason, 1)
			a.examples.Keep(reason, "aggregate", dropErrors[reason], func() string { return string(b.Lines[i].Raw) })
			if reason == ledger.SeriesLimit {
				refused++
			}
		}
	}
	a.refused += refused
	return in.stamped.points, refused
}

// dropErrors say why lines are dropped.
var dropErrors = map[ledger.Reason]string{
	ledger.Unsupported:   "an event, a service check, a change or member with a time, or a further sample with the same time: these cannot be added up",
	ledger.NotFinite:     "the value, or the sum with it, is infinite",
	ledger.NameTooLong:   "the name with its tags has more than 1 KiB",
	ledger.NameCollision: "the name is that of a timer and of a set, or of two types with the same time, which share a field",
	ledger.SeriesLimit:   "there is no room for a new series",
}

// RejectedLines implements reporters.Quarantine.
func (a *Aggregate) RejectedLines() []ledger.RejectedLine { return a.examples.Newest() }

// accountLocked returns the account of a listener.
func (a *Aggregate) accountLocked(listener string) *account {
	acct := a.accounts[listener]
	if acct == nil {
		acct = &account{limit: a.opts.Bytes / int64(a.opts.Listeners)}
		a.accounts[strings.Clone(listener)] = acct
	}
	return acct
}

// addLineLocked adds the points of a line and counts it, or returns the reason to drop
// it: that of its first point that cannot be added.
func (a *Aggregate) addLineLocked(in *arrived, l *reporters.Line) (reason ledger.Reason) {
	if l.N == 0 {
		return ledger.Unsupported // an event or a service check
	}
	var last *series
	for i := l.First; i < l.First+l.N; i++ {
		p, why := &in.batch.Points[i], ledger.Reason("")
		if p.Stamped {
			why = a.passOnLocked(in, p)
		} else {
			last, why = a.addPointLocked(in, p)
		}
		if reason == "" {
			reason = why
		}
	}
	switch {
	case reason != "":
	case last != nil:
		last.waiting++
		a.counts.Pending++
	default:
		a.counts.Delivered++
	}
	return reason
}

// addPointLocked adds p to its series, or returns why it cannot.
func (a *Aggregate) addPointLocked(in *arrived, p *reporters.Point) (*series, ledger.Reason) {
	s, reason := a.findLocked(in, p)
	if s == nil {
		return nil, reason
	}
	if in.now-s.last >= touchEvery {
		s.last = in.now
		s.owner.touch(s)
	}
	if p.Kind == reporters.SetMember {
		return s, s.addMember(maphash.String(a.seed, p.Field))
	}
	return s, s.add(in, p)
}

// findLocked returns the series of p, which it makes if it is new, or nil and why it
// cannot.
func (a *Aggregate) findLocked(in *arrived, p *reporters.Point) (*series, ledger.Reason) {
	a.name = appendName(a.name[:0], roleOf(p.Kind), p.Key)
	if s := a.series[string(a.name)]; s != nil {
		return s, ""
	}
	return a.makeLocked(in, p)
}

// makeLocked makes the series of p, whose name is a.name.
func (a *Aggregate) makeLocked(in *arrived, p *reporters.Point) (*series, ledger.Reason) {
	if len(a.name)-1 > MaxName {
		return nil, ledger.NameTooLong
	}
	if rival := role(a.name[0]).rival(); rival != 0 && a.hasLocked(rival) {
		return nil, ledger.NameCollision
	}
	need := a.cost(a.name, p.Key.Tags.Len())
	for !in.owner.take(need) {
		idle := in.owner.idlest(in.now)
		if idle == nil {
			return nil, ledger.SeriesLimit
		}
		a.deleteLocked(idle)
		a.evicted++
	}
	s := newSeries(string(a.name), p, in.owner)
	s.cost, s.last = need, in.now
	in.owner.touch(s)
	a.series[s.name] = s
	a.order = append(a.order, s)
	return s, ""
}

// hasLocked reports whether the name in a.name has a series in another role.
func (a *Aggregate) hasLocked(other role) bool {
	own := a.name[0]
	a.name[0] = byte(other)
	_, found := a.series[string(a.name)]
	a.name[0] = own
	return found
}

// deleteLocked deletes s. The next walk removes it from the order.
func (a *Aggregate) deleteLocked(s *series) {
	delete(a.series, s.name)
	s.owner.unlink(s)
	s.owner.give(s.taken() + s.cost)
	s.deleted = true
}

func (a *Aggregate) logFull(listener string, lines int64) {
	a.mu.Lock()
	more, ok := a.full.Allow(time.Now())
	a.mu.Unlock()
	if ok {
		a.opts.Logger.Warn("no room for new series of an aggregate; their lines are dropped", "listener", listener,
			"lines", lines, "max_bytes", a.opts.Bytes, "listeners", a.opts.Listeners, "more", more)
	}
}

// Ledger accounts for the lines. Those that a walk has not emitted yet are pending.
func (a *Aggregate) Ledger() ledger.Ledger {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.counts.Clone()
}

// Usage is how much of its bounds an Aggregate uses.
type Usage struct {
	Bytes, MaxBytes int64
	Series          int
	Evicted         int64 // idle series that made room for new ones
	Refused         int64 // lines that were dropped because there was no room
}

// Usage returns the present use.
func (a *Aggregate) Usage() Usage {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := Usage{MaxBytes: a.opts.Bytes, Series: len(a.series), Evicted: a.evicted, Refused: a.refused}
	for _, acct := range a.accounts {
		u.Bytes += acct.used
	}
	return u
}

// Flush does nothing: the next walk reads what was added.
func (a *Aggregate) Flush(context.Context) error { return nil }

// EndWalks has walks end at a time, after the part that they are in: what they have
// not emitted stays pending, until Close. The sets that have no new members are not
// emitted any more, since the last walk may be in the same interval as the one before.
func (a *Aggregate) EndWalks(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.endWalks = at
}

// Close drops the lines that no walk has emitted as ledger.Closed. It must be called
// after the last walk.
func (a *Aggregate) Close(context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.counts.Drop(ledger.Closed, a.counts.Pending)
	a.counts.Pending = 0
	for _, s := range a.order {
		s.waiting = 0
	}
	return nil
}
