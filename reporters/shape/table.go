package shape

import (
	"slices"
	"strings"

	"monkit.example/internal/idlemap"
	"monkit.example/internal/serieskey"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// table remembers what the steps do to each point, so that they run once for
// each field of a series, and not again at each tick. It finds points of a
// collector by their numbers, and others by their text.
type table struct {
	chain chain
	names names

	// These are as long as the largest number. A number that a collector gives
	// to another series afterwards is noticed by the series' own key.
	entries []*entry  // by Point.ID
	series  []*series // by Point.Series

	received received
	totals   idlemap.Map[float64] // the last values of received counters, by the hash of series and field
	hash     serieskey.Hasher
}

// series is what the points of one series have in common.
type series struct {
	key    monkit.SeriesKey // as collected
	shaped monkit.SeriesKey // as reported; set by the first point that is not denied
	made   bool             // shaped is set
	same   bool             // shaped is key

	text   string            // its key in received; empty for a series with a number
	fields map[string]*entry // nil for a series with a number
	member *entry            // of all members of the series, if that is a set
}

// entry is what the steps do to one field of one series.
type entry struct {
	series *series
	field  string // as collected
	shaped string // as reported
	same   bool   // neither key nor field are changed
	member bool   // it is that of members of a set, whose texts stay as they are
	fate   fate
	delta  bool

	last float64 // value of a counter of a collector

	name   *name  // as reported; nil if no step can give two series one name
	source string // as collected; set if name is
	logged bool   // that the point is not reported
}

// fate is what becomes of a point.
type fate uint8

const (
	passed   fate = iota
	denied        // by a step
	misnamed      // its name is empty or too long after renaming
	collided      // another series is reported by its name
	fates         // number of fates
)

func newTable(c chain, maxReceived int) *table {
	t := &table{chain: c, names: names{}, totals: idlemap.Map[float64]{Max: 2 * maxReceived}, hash: serieskey.NewHasher()}
	t.received = newReceived(maxReceived, t.names.release)
	return t
}

// find returns the entry of p.
func (t *table) find(p *reporters.Point) *entry {
	if p.ID == 0 || p.Series == 0 || p.Kind == reporters.SetMember {
		return t.findReceived(p)
	}
	if int(p.ID) < len(t.entries) {
		if e := t.entries[p.ID]; e != nil && e.field == p.Field && e.series.is(p) {
			return e
		}
	}
	return t.add(p)
}

// is reports whether p is of the series s of a collector. Its text is the
// same memory at each walk, and other memory after a pause.
func (s *series) is(p *reporters.Point) bool {
	return serieskey.Equal(s.key, p.Key)
}

// add makes the entry of a point of a collector. It replaces that of the point
// that had its number before.
func (t *table) add(p *reporters.Point) *entry {
	t.entries, t.series = grown(t.entries, p.ID), grown(t.series, p.Series)
	s := t.series[p.Series]
	if s == nil || !s.is(p) {
		s = &series{key: p.Key}
		t.series[p.Series] = s
	}
	t.names.release(t.entries[p.ID])
	e := t.decide(s, p.Field, false)
	t.entries[p.ID] = e
	return e
}

// grown returns list with an element i.
func grown[T any](list []T, i uint32) []T {
	n := int(i) + 1
	if n <= len(list) {
		return list
	}
	return slices.Grow(list, n-len(list))[:n]
}

// findReceived returns the entry of a point without numbers. Members of a set, which
// may be any number, have one entry.
func (t *table) findReceived(p *reporters.Point) *entry {
	s := t.received.find(p)
	isMember := p.Kind == reporters.SetMember
	e, field := s.member, ""
	if !isMember {
		e, field = s.fields[p.Field], p.Field
	}
	if e == nil {
		e = t.decide(s, strings.Clone(field), isMember)
		t.received.add(s, e)
	}
	return e
}

// decide runs the steps for a field of s, or for members of the set s: to the steps
// these are a field without a name.
func (t *table) decide(s *series, field string, isMember bool) *entry {
	v := view{measurement: s.key.Measurement, tags: tagsOf(s.key), field: field, member: isMember}
	e := &entry{series: s, field: field, member: isMember}
	allowed := t.chain.apply(&v)
	switch {
	case !allowed:
		e.fate = denied
		return e
	case v.misnamed:
		e.fate = misnamed
		return e
	}
	if !s.made {
		s.shape(&v)
	}
	e.shaped, e.delta = v.field, v.delta
	e.same = s.same && v.field == field
	if t.chain.merges {
		t.names.add(e)
	}
	return e
}

// shape sets the key by which s is reported. Steps change measurement and tags
// by these alone, so that it is the same for all fields.
func (s *series) shape(v *view) {
	s.made = true
	s.same = v.measurement == s.key.Measurement && slices.Equal(v.tags, tagsOf(s.key))
	s.shaped = s.key
	if !s.same {
		s.shaped = monkit.NewSeriesKey(v.measurement).WithTags(v.tags...)
	}
}

// tagsOf returns a copy of the tags of key.
func tagsOf(key monkit.SeriesKey) (tags []monkit.SeriesTag) {
	for i := range key.Tags.Len() {
		tags = append(tags, key.Tags.At(i))
	}
	return tags
}

// grow returns by how much the counter of p, whose entry is e, grew.
func (t *table) grow(e *entry, p *reporters.Point) float64 {
	if p.ID == 0 {
		return t.growReceived(p)
	}
	last := e.last // 0 at first: a counter of this process began there
	e.last = p.Value
	return reporters.Growth(last, p.Value)
}

// growReceived is grow for a counter that was received. Its first value is no
// growth, since it may have counted for any time. Values are remembered apart from
// the entries: if more series are received in turn than there is room for, no
// entry is there when its series comes again. Of counters of one listener beyond
// twice that room the growth is not known, and 0.
func (t *table) growReceived(p *reporters.Point) float64 {
	last, fresh := t.totals.Find(t.hash.Field(p.Key, p.Field))
	if last == nil {
		return 0
	}
	if fresh {
		*last = p.Value
	}
	delta := reporters.Growth(*last, p.Value)
	*last = p.Value
	return delta
}
