package shape

import (
	"encoding/binary"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// received has the series of points without numbers, by their text. The network
// may send any number of them, so that it forgets: when a generation is full it
// becomes the old one, and what is still in the former old one is forgotten. A
// series of the old generation that is reported again moves to the new one.
type received struct {
	max     int // weight of a generation
	release func(*entry)

	young, old map[string]*series // by appendText
	weight     int                // of young
	forgotten  int64              // number of entries; the reporter takes it

	text []byte           // scratch of find
	key  monkit.SeriesKey // of the previous point
	last *series          // of key; nil if unknown
}

func newReceived(max int, release func(*entry)) received {
	return received{max: max, release: release, young: map[string]*series{}}
}

// find returns the series of p, which it makes if it is not remembered. Points
// of one line share their tags, so that only the first is looked up.
func (r *received) find(p *reporters.Point) *series {
	if r.last != nil && r.key.Tags == p.Key.Tags && r.key.Measurement == p.Key.Measurement {
		return r.last
	}
	r.text = appendText(r.text[:0], p.Key)
	s := r.young[string(r.text)]
	if s == nil {
		s = r.refresh(p)
	}
	r.key, r.last = p.Key, s
	return s
}

// refresh puts the series of p, whose text is in r.text, into the young
// generation.
func (r *received) refresh(p *reporters.Point) *series {
	s := r.old[string(r.text)]
	if s == nil {
		s = &series{key: reporters.CloneKey(p.Key), text: string(r.text), fields: map[string]*entry{}}
	}
	delete(r.old, s.text)
	if r.weight >= r.max {
		r.rotate()
	}
	r.young[s.text] = s
	r.weight += s.weight()
	return s
}

// add adds e to its series, which find returned.
func (r *received) add(s *series, e *entry) {
	r.weight -= s.weight()
	if s.weight() >= r.max {
		r.forget(s)
	}
	if e.member {
		s.member = e
	} else {
		s.fields[e.field] = e
	}
	r.weight += s.weight()
	if r.weight > r.max {
		r.rotate()
	}
}

// rotate starts a new generation.
func (r *received) rotate() {
	for _, s := range r.old {
		r.forget(s)
	}
	r.old, r.young, r.weight = r.young, map[string]*series{}, 0
	r.last = nil
}

// weight counts the entries of s, and long names as several.
func (s *series) weight() int { return s.entries() * (1 + len(s.text)/1024) }

func (s *series) entries() int {
	if s.member != nil {
		return len(s.fields) + 1
	}
	return len(s.fields)
}

func (r *received) forget(s *series) {
	for _, e := range s.fields {
		r.release(e)
	}
	r.release(s.member)
	r.forgotten += int64(s.entries())
	clear(s.fields)
	s.member = nil
}

// endBatch releases what is memory of the batch.
func (r *received) endBatch() { r.key, r.last = monkit.SeriesKey{}, nil }

// appendText appends a text that only key has: each part after its length.
func appendText(dst []byte, key monkit.SeriesKey) []byte {
	dst = appendPart(dst, key.Measurement)
	for i := range key.Tags.Len() {
		tag := key.Tags.At(i)
		dst = appendPart(appendPart(dst, tag.Key), tag.Val)
	}
	return dst
}

func appendPart(dst []byte, part string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(part))), part...)
}
