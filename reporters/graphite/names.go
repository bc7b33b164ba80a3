package graphite

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"monkit.example/internal/dotted"
	"monkit.example/internal/naming"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// namer makes the paths of points.
type namer struct {
	prefix string // sanitised; may be empty
	tagged bool
	values bool // the path has no keys of tags
	global naming.Tags

	tags []monkit.SeriesTag // scratch of appendTags
}

func newNamer(o Options) namer {
	return namer{
		prefix: string(dotted.Graphite.AppendPath(nil, o.Prefix)), tagged: o.Tagged, values: o.TagValues, global: naming.NewTags(o.GlobalTags),
	}
}

// name returns the whole path of p, or "" if p has no name.
func (n *namer) name(p *reporters.Point) string {
	var h path
	h.set(n, p.Key)
	return string(h.append(nil, p.Field))
}

// path is the part of a path that all fields of one series share.
type path struct {
	before []byte // the field: the prefix and the series, each with a dot
	series int    // where in before the series starts
	after  []byte // the field: the tags
}

// set makes h the path of the series. It reuses the memory of h.
func (h *path) set(n *namer, key monkit.SeriesKey) {
	key = n.global.AddTo(key)
	h.before = append(h.before[:0], n.prefix...)
	if n.prefix != "" {
		h.before = append(h.before, '.')
	}
	h.series = len(h.before)
	switch {
	case n.tagged:
		h.before = dotted.Graphite.AppendPath(h.before, key.Measurement)
		h.after = n.appendTags(h.after[:0], key.Tags)
	case n.values:
		h.before = dotted.Graphite.AppendSeriesValues(h.before, key)
	default:
		h.before = dotted.Graphite.AppendSeries(h.before, key)
	}
	if len(h.before) > h.series {
		h.before = append(h.before, '.')
	}
}

// name returns the name of the series, without the prefix.
func (h *path) name() []byte { return bytes.TrimSuffix(h.before[h.series:], []byte{'.'}) }

// append appends the whole path of field, or nothing if neither series nor
// field has a name.
func (h *path) append(dst []byte, field string) []byte {
	if field == "" || !dotted.Graphite.Holds(field) {
		return h.appendSlow(dst, field)
	}
	dst = append(append(dst, h.before...), field...)
	if len(h.after) > 0 {
		dst = append(dst, h.after...)
	}
	return dst
}

// appendSlow is append for every field.
func (h *path) appendSlow(dst []byte, field string) []byte {
	start := len(dst)
	dst = append(dst, h.before...)
	if len(h.before) > h.series {
		dst = dst[:len(dst)-1] // AppendField adds the dot
	}
	dst = dotted.Graphite.AppendField(dst, start+h.series, field)
	if len(dst) == start+h.series {
		return dst[:start]
	}
	return append(dst, h.after...)
}

func (n *namer) appendTags(dst []byte, set *monkit.TagSet) []byte {
	n.tags = n.tags[:0]
	for i := range set.Len() {
		tag := set.At(i)
		key, val := tagText(renamed(tag.Key, set), ";!^="), tagText(strings.TrimLeft(cmp.Or(tag.Val, dotted.NoValue), "~"), ";")
		if key != "" {
			n.tags = append(n.tags, monkit.SeriesTag{Key: key, Val: cmp.Or(val, "_")}) // of "~" nothing is left
		}
	}
	slices.SortStableFunc(n.tags, func(a, b monkit.SeriesTag) int { return strings.Compare(a.Key, b.Key) })
	for i, tag := range n.tags {
		if i+1 < len(n.tags) && n.tags[i+1].Key == tag.Key {
			continue // equal after characters were replaced; the last one is written
		}
		dst = append(append(append(append(dst, ';'), tag.Key...), '='), tag.Val...)
	}
	return dst
}

// renamed returns key, or another name for the key that Graphite reserves.
func renamed(key string, set *monkit.TagSet) string {
	switch {
	case key != "name":
		return key
	case set.Get("func") != "":
		return "func_name"
	}
	return "func"
}

// tagText returns s with "_" for characters that tags may not have, and for
// those of forbidden. If one of these is beyond ASCII, a hash of s follows, since
// little else may be left of it.
func tagText(s, forbidden string) string {
	bad := func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(forbidden, r) }
	if strings.IndexFunc(s, bad) < 0 {
		return s
	}
	ascii := true
	text := strings.Map(func(r rune) rune {
		ascii = ascii && r < utf8.RuneSelf
		if bad(r) {
			return '_'
		}
		return r
	}, s)
	if ascii {
		return text
	}
	return string(dotted.AppendHash([]byte(text), s))
}
