package influx

import (
	"strings"

	"monkit.example/internal/collide"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// keys has the keys of the fields of one series, as they are written, if one of them
// is not the field itself. A key is decided once, when the field comes first. Those of
// idle fields are deleted when the number of keys has doubled.
type keys struct {
	of      map[string]*decided // by field
	fields  map[string]string   // by key
	sweepAt int                 // number of keys at which idle ones are deleted
}

// decided is the key of a field.
type decided struct {
	key string
	at  int64 // when the field came last
}

// minSweep is the least number of keys that are searched for idle ones.
const minSweep = 64

func newKeys() *keys {
	return &keys{of: map[string]*decided{}, fields: map[string]string{}, sweepAt: minSweep}
}

// find returns the key of a field, if that is decided. k may be nil.
func (k *keys) find(field string) *decided {
	if k == nil {
		return nil
	}
	return k.of[field]
}

// add decides the key of p's field.
func (k *keys) add(p *reporters.Point, key string) {
	if len(k.of) >= k.sweepAt {
		k.sweep(p.Time)
	}
	field := strings.Clone(p.Field)
	k.of[field] = &decided{key, p.Time}
	k.fields[key] = field
}

// sweep deletes the keys of fields that are idle at now.
func (k *keys) sweep(now int64) {
	for field, d := range k.of {
		if collide.IsIdle(d.at, now) {
			delete(k.of, field)
			delete(k.fields, d.key)
		}
	}
	k.sweepAt = max(minSweep, 2*len(k.of))
}

// names is what decides the keys of the fields of one run.
type names struct {
	run  []reporters.Point
	set  *monkit.TagSet
	keys *keys  // nil if all keys so far are the fields
	tags uint64 // the bit of each tag's key: see bitOf
}

func (e *encoder) namesOf(run []reporters.Point) names {
	n := names{run: run, set: e.global.Add(run[0].Key.Tags), keys: e.keys[run[0].Series]}
	for i := range n.set.Len() {
		if tag := n.set.At(i); tag.Key != "" {
			n.tags |= bitOf(cleanKey(tag.Key))
		}
	}
	return n
}

// bitOf returns one of 64 bits for a key that is not empty.
func bitOf(key string) uint64 { return 1 << ((len(key)*7 + int(key[0])) & 63) }

// isFree reports whether field, which needs no change, is its key: no tag has that,
// and no other field was changed.
func (n *names) isFree(field string) bool {
	return n.keys == nil && (n.tags&bitOf(field) == 0 || !hasTag(n.set, field))
}

// hasTag reports whether a tag of set is written with key.
func hasTag(set *monkit.TagSet, key string) bool {
	for i := range set.Len() {
		if tag := set.At(i); tag.Key != "" && cleanKey(tag.Key) == key {
			return true
		}
	}
	return false
}

// appendField appends the key of a field of the run.
func (e *encoder) appendField(dst []byte, n *names, p *reporters.Point) []byte {
	if isPlain(p.Field) && n.isFree(p.Field) {
		return append(dst, p.Field...)
	}
	key := fieldKey(p.Field)
	if key != p.Field || !n.isFree(key) {
		key = e.uniqueKey(n, p, key)
	}
	return appendEscaped(dst, key)
}

// uniqueKey returns the key of a field of the run: key, with as many "_" at its end
// as distinguish it from the tags and the other fields.
func (e *encoder) uniqueKey(n *names, p *reporters.Point, key string) string {
	if known := n.keys.find(p.Field); known != nil {
		known.at = p.Time
		return known.key
	}
	first := ""
	for {
		owner := n.ownerOf(key, p)
		if owner == "" {
			break
		}
		if first == "" {
			first = owner
		}
		key += "_"
	}
	if n.keys == nil {
		n.keys = newKeys()
		e.remember(n.keys, p)
	}
	n.keys.add(p, key)
	if first != "" && p.Series != 0 {
		e.Renamed(p, first, key)
	}
	return key
}

// remember keeps k for the next runs of p's series, if that is of a collector.
func (e *encoder) remember(k *keys, p *reporters.Point) {
	if p.Series == 0 {
		return
	}
	if e.keys == nil {
		e.keys = make(map[uint32]*keys)
	}
	e.keys[p.Series] = k
}

// ownerOf returns the tag or the other field of p's line that has the key, or "".
func (n *names) ownerOf(key string, p *reporters.Point) string {
	if hasTag(n.set, key) {
		return "the tag " + key + " of " + p.Key.String()
	}
	if n.keys != nil {
		if field, taken := n.keys.fields[key]; taken && field != p.Field {
			return p.Key.WithField(field)
		}
	}
	for i := range n.run {
		if other := n.run[i].Field; other == key && other != p.Field {
			return p.Key.WithField(other)
		}
	}
	return ""
}

// fieldKey returns the key of a field that no other field or tag has.
func fieldKey(field string) string {
	if field == "" {
		return "value"
	}
	return cleanKey(field)
}

// appendEscaped appends the key of a field, with a backslash before separators.
func appendEscaped(dst []byte, key string) []byte {
	for i := range len(key) {
		if c := key[i]; c == ',' || c == '=' || c == ' ' {
			dst = append(dst, '\\')
		}
		dst = append(dst, key[i])
	}
	return dst
}

// isPlain reports whether a field is written as it is: it has letters, digits and
// underscores only, and is not reserved.
func isPlain(field string) bool {
	for i := range len(field) {
		if c := field[i]; c|0x20-'a' >= 26 && c-'0' >= 10 && (c != '_' || i == 0) {
			return false
		}
	}
	return field != "" && field != "time"
}

// cleanKey is clean for the keys of tags and fields, some of which are
// reserved.
func cleanKey(s string) string {
	s = clean(s)
	switch s {
	case "time", "_field", "_measurement":
		return s + "_"
	}
	return s
}

// clean returns s with every character replaced that a version of the server
// rejects in names.
func clean(s string) string {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '\\' {
			return strings.Map(cleanRune, s)
		}
	}
	return s
}

// cleanRune returns what is written for r. For invalid UTF-8 strings.Map
// writes U+FFFD.
func cleanRune(r rune) rune {
	switch {
	case r == '\\':
		return '/'
	case r < ' ' || r == 0x7f:
		return ' '
	}
	return r
}
