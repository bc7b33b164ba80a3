package graphite

import (
	"slices"
	"strings"

	"monkit.example/internal/dotted"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// namer makes the paths of points.
type namer struct {
	prefix string // sanitised; may be empty
	tagged bool

	tags []monkit.SeriesTag // of the series at hand
}

func newNamer(prefix string, tagged bool) namer {
	return namer{prefix: string(dotted.Graphite.AppendPath(nil, prefix)), tagged: tagged}
}

// append appends the path of p, or nothing if p has no name.
func (n *namer) append(dst []byte, p *reporters.Point) []byte {
	start := len(dst)
	dst = append(dst, n.prefix...)
	named := len(dst)
	if n.prefix != "" {
		dst = append(dst, '.')
		named++
	}
	if n.tagged {
		dst = dotted.Graphite.AppendPath(dst, p.Key.Measurement)
	} else {
		dst = dotted.Graphite.AppendSeries(dst, p.Key)
	}
	dst = dotted.Graphite.AppendField(dst, named, p.Field)
	if len(dst) == named {
		return dst[:start]
	}
	if n.tagged {
		dst = n.appendTags(dst, p.Key.Tags)
	}
	return dst
}

func (n *namer) appendTags(dst []byte, set *monkit.TagSet) []byte {
	n.tags = n.tags[:0]
	for i := range set.Len() {
		tag := set.At(i)
		key, val := tagText(renamed(tag.Key, set), ";!^="), tagText(strings.TrimLeft(tag.Val, "~"), ";")
		if key != "" && val != "" {
			n.tags = append(n.tags, monkit.SeriesTag{Key: key, Val: val})
		}
	}
	slices.SortStableFunc(n.tags, func(a, b monkit.SeriesTag) int { return strings.Compare(a.Key, b.Key) })
	for i, tag := range n.tags {
		if i+1 < len(n.tags) && n.tags[i+1].Key == tag.Key {
			continue // made equal by what they may not hold; the last one stands
		}
		dst = append(append(append(append(dst, ';'), tag.Key...), '='), tag.Val...)
	}
	return dst
}

func renamed(key string, set *monkit.TagSet) string {
	switch {
	case key != "name":
		return key
	case set.Get("func") != "":
		return "func_name"
	}
	return "func"
}

// tagText is s with what tags may not hold, and what is in hostile, replaced.
func tagText(s, hostile string) string {
	bad := func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(hostile, r) }
	if strings.IndexFunc(s, bad) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if bad(r) {
			return '_'
		}
		return r
	}, s)
}
