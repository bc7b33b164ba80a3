// Package collide finds the points that an encoder would write under the name of
// another series, after it has replaced what its format cannot hold: those of "a b"
// and "a_b", say. The first series keeps the name. The points of others are refused,
// since a receiver would keep one of both values; but counters that have one name are
// added up, since that is what a counter of both would have counted.
//
// A name is in two parts: what the fields of a series have in common, which is
// hashed once a series, and the field. Only for series that have the first part in
// common are fields compared, and remembered, with each batch. Points that were
// received have no numbers and are not compared: their series come from the network,
// and to remember them would take memory without bound.
package collide

import (
	"hash/maphash"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/internal/loglimit"
	"monkit.example/internal/serieskey"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

const (
	// ownerIdle is for how long a series keeps a name without using it.
	ownerIdle = 5 * time.Minute
	// minSweep is the least number of names, or of contests, that are searched for
	// idle ones.
	minSweep = 64
	// maxScans is how often one batch is searched for the points of a series before
	// the places of all are noted.
	maxScans = 16
)

// Names has the names of one encoder. The goroutine that encodes calls its methods,
// except Collisions and LogCollisions, which any may call.
type Names struct {
	written func(p *reporters.Point) string

	seed     maphash.Seed
	keys     serieskey.Hasher
	index    index
	contests map[uint64]*Contest // of the hashes that several series have
	sweepAt  int                 // number of contests at which those that nothing has are deleted

	batch  []reporters.Point // that is being encoded; nil if that is not known
	scans  int               // of batch
	places map[uint32]int    // where in batch a series begins; nil up to maxScans

	sums    bool    // the format has totals: see NewSumming
	shared  *holder // for which Check returned Share last
	pending []*sum  // that TakeSums has not taken

	series, points atomic.Int64

	mu     sync.Mutex
	record *collision     // guarded by mu; to be logged, or nil
	more   int            // guarded by mu; further ones since
	limit  loglimit.Limit // guarded by mu
}

// collision is what is logged of one.
type collision struct{ name, first, second, outcome string }

// Contest has the fields of series with the same hash. Fields and series that are idle
// are deleted when their number has doubled.
type Contest struct {
	series  map[uint32]bool    // that claimed the hash and still exist
	fields  map[string]*holder // by the field as it is written
	refused map[uint32]int64   // the series that were counted, and when they were refused last
	sweepAt int                // number of fields and refused at which idle ones are deleted

	// awaited is a series that has the name and whose fields are not known: it is
	// in another part of the batch, or idle. All others are refused until it
	// comes, or is idle for long enough. 0 is none.
	awaited uint32
	since   int64 // when a point was first refused for awaited
}

// holder is the series that has a name.
type holder struct {
	series uint32
	key    monkit.SeriesKey
	field  string
	at     int64 // when it used the name last

	value float64 // of the point that used the name last, and its kind
	kind  reporters.Kind
	sum   *sum // of all that have the name; nil if one series has it
}

// New returns the names of an encoder that writes the field of a point as written
// returns it. That is called for points of the owner of a name alone.
func New(written func(p *reporters.Point) string) *Names {
	return &Names{written: written, seed: maphash.MakeSeed(), keys: serieskey.NewHasher()}
}

// NewSumming is New for a format with totals, whose encoder calls Add and TakeSums.
func NewSumming(written func(p *reporters.Point) string) *Names {
	n := New(written)
	n.sums = true
	return n
}

// Hash returns the hash of what the fields of a series have in common, never 0.
func (n *Names) Hash(parts ...[]byte) uint64 {
	var h uint64
	for _, part := range parts {
		h = h*0x9e3779b97f4a7c15 + maphash.Bytes(n.seed, part)
	}
	return max(h, 1)
}

// BeginBatch is called before the first point of a collector's batch, with all.
func (n *Names) BeginBatch(points []reporters.Point) {
	n.batch, n.scans = points, 0
}

// EndBatch is called when a batch is encoded. No memory of it is used afterwards.
func (n *Names) EndBatch() { n.batch, n.places = nil, nil }

// Claim sets the hash of the series of p, which is new or has a number that belonged
// to another one. It does nothing if the series has that hash. If the series that has
// the name is the same one, which has paused and had another number, it keeps it.
func (n *Names) Claim(p *reporters.Point, hash uint64) {
	had := n.index.hash(p.Series)
	if p.Series == 0 {
		return
	}
	if had != 0 && had != hash {
		n.release(p.Series, had)
	}
	key := uint32(n.keys.Series(p.Key))
	n.index.set(p.Series, hash, key)
	if had == hash {
		return
	}
	switch owner := n.index.find(hash); {
	case owner == 0:
		n.index.add(p.Series)
	case n.index.key(owner) == key:
		n.renumber(owner, p.Series, hash)
	default:
		n.contest(hash, owner, p.Time)
	}
	if c := n.contests[hash]; c != nil {
		c.series[p.Series] = true
	}
}

// renumber makes series the owner of a hash instead of former, which is another
// number of the same series.
func (n *Names) renumber(former, series uint32, hash uint64) {
	n.index.remove(former)
	n.index.add(series)
	if c := n.contests[hash]; c != nil && c.awaited == former {
		c.awaited = series
	}
}

// contest returns the contest for a hash. A new one has the fields of owner, if that
// is a series and part of the batch.
func (n *Names) contest(hash uint64, owner uint32, now int64) *Contest {
	c := n.contests[hash]
	if c != nil {
		return c
	}
	c = &Contest{series: map[uint32]bool{}, fields: map[string]*holder{}, refused: map[uint32]int64{}, sweepAt: minSweep}
	if n.contests == nil {
		n.contests, n.sweepAt = map[uint64]*Contest{}, minSweep
	}
	n.sweep(now)
	n.contests[hash] = c
	if owner != 0 {
		c.series[owner] = true
		n.learn(c, owner)
	}
	return c
}

// sweep deletes contests for hashes that no series has claimed and whose names are all
// idle, when the number of contests has doubled.
func (n *Names) sweep(now int64) {
	if len(n.contests) < n.sweepAt {
		return
	}
	for hash, c := range n.contests {
		if len(c.series) == 0 {
			c.sweep(now)
			n.deleteUnused(hash, c)
		}
	}
	n.sweepAt = max(minSweep, 2*len(n.contests))
}

// deleteUnused deletes a contest that no series has claimed and that holds no name.
func (n *Names) deleteUnused(hash uint64, c *Contest) {
	if len(c.series) == 0 && len(c.fields) == 0 {
		delete(n.contests, hash)
	}
}

// sweep deletes names and series that are idle: names that others may have, and that
// series may have whose fields come and go.
func (c *Contest) sweep(now int64) {
	maps.DeleteFunc(c.fields, func(_ string, h *holder) bool {
		if h.sum != nil {
			h.sum.sweep(now)
		}
		return IsIdle(h.at, now)
	})
	maps.DeleteFunc(c.refused, func(_ uint32, at int64) bool { return IsIdle(at, now) })
	c.sweepAt = max(minSweep, 2*(len(c.fields)+len(c.refused)))
}

// sweepFull is sweep if the number of names and series has doubled.
func (c *Contest) sweepFull(now int64) {
	if len(c.fields)+len(c.refused) >= c.sweepAt {
		c.sweep(now)
	}
}

// learn gives c the fields that owner has in the batch. Its points follow each other
// there.
func (n *Names) learn(c *Contest, owner uint32) {
	start := 0
	if n.scans++; n.scans > maxScans {
		var ok bool
		if start, ok = n.place(owner); !ok {
			start = len(n.batch)
		}
	}
	c.awaited = owner
	for i := start; i < len(n.batch); i++ {
		p := &n.batch[i]
		if p.Series == owner {
			if field := n.written(p); c.fields[field] == nil {
				c.hold(p, field)
			}
			c.awaited = 0
		} else if c.awaited == 0 {
			return
		}
	}
}

// place returns where in the batch the points of a series begin.
func (n *Names) place(series uint32) (i int, ok bool) {
	if n.places == nil {
		n.places = make(map[uint32]int)
		for i := len(n.batch) - 1; i >= 0; i-- {
			n.places[n.batch[i].Series] = i
		}
	}
	i, ok = n.places[series]
	return i, ok
}

func (c *Contest) hold(p *reporters.Point, field string) {
	c.fields[field] = &holder{series: p.Series, key: p.Key, field: p.Field, at: p.Time, value: p.Value, kind: p.Kind}
}

// release removes a series from those of a hash.
func (n *Names) release(series uint32, hash uint64) {
	if n.index.find(hash) == series {
		n.index.remove(series)
	}
	c := n.contests[hash]
	if c == nil {
		return
	}
	delete(c.series, series)
	delete(c.refused, series)
	if c.awaited == series {
		c.awaited = 0
	}
	for field, h := range c.fields {
		switch {
		case h.series != series:
		case h.sum != nil:
			h.series = 0 // others have the name, too
		default:
			delete(c.fields, field)
		}
	}
	n.deleteUnused(hash, c)
}

// Contest returns what other series have the name of p's, or nil if none does.
func (n *Names) Contest(p *reporters.Point) *Contest {
	if len(n.contests) == 0 || p.Series == 0 {
		return nil
	}
	return n.contests[n.index.hash(p.Series)]
}

// ContestAt is Contest for a hash, and returns nil only for a point that was
// received. It is for a field that is not written as it is, since another field of
// the same series may be written alike; and for an empty one, so that the last part
// of the series' name stands for it, and the hash is of the parts before.
func (n *Names) ContestAt(hash uint64, p *reporters.Point) *Contest {
	if p.Series == 0 {
		return nil
	}
	return n.contest(hash, n.index.find(hash), p.Time)
}

// awaits reports whether c awaits the fields of another series than that of p.
func (c *Contest) awaits(p *reporters.Point) bool {
	switch {
	case c.awaited == 0:
		return false
	case c.since == 0:
		c.since = p.Time
	}
	if p.Series == c.awaited || IsIdle(c.since, p.Time) {
		c.awaited = 0
		return false
	}
	return true
}

// IsIdle reports whether a series that used a name at since, in Unix nanoseconds, has
// lost it at now: that is five minutes later, or the clock was set back by as much.
func IsIdle(since, now int64) bool {
	return now-since >= int64(ownerIdle) || since-now >= int64(ownerIdle)
}

// Renamed counts a field that is written under another name than its own, since first
// has that. It is called once for each.
func (n *Names) Renamed(p *reporters.Point, first, as string) {
	n.found(collision{as, first, p.Key.WithField(p.Field), "the second is sent as " + as})
}

// found counts a collision, and keeps one until it is logged.
func (n *Names) found(c collision) {
	n.series.Add(1)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.record != nil {
		n.more++
		return
	}
	n.record = &c
}

// Collisions returns how many series so far had the name of another one, and how
// many points were refused.
func (n *Names) Collisions() (series, points int64) { return n.series.Load(), n.points.Load() }

// LogCollisions logs a collision if there is a new one, at most once a minute. No lock is held
// while the logger is called.
func (n *Names) LogCollisions(to *slog.Logger, reporter string) {
	if to == nil {
		return
	}
	if c, more := n.take(time.Now()); c != nil {
		to.Warn("two series have one name", "reporter", reporter, "outcome", c.outcome, "name", loglimit.Cut(c.name),
			"first", loglimit.Cut(c.first), "second", loglimit.Cut(c.second), "more", more)
	}
}

// take returns the collision to log now, or nil.
func (n *Names) take(now time.Time) (c *collision, more int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.record == nil {
		return nil, 0
	}
	if _, ok := n.limit.Allow(now); !ok {
		return nil, 0
	}
	c, more = n.record, n.more
	n.record, n.more = nil, 0
	return c, more
}
