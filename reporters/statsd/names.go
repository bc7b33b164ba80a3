package statsd

import (
	"strings"

	"monkit.example/internal/dotted"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// DogStatsD's limits of a name, and of a tag with its value.
const (
	maxName = 200
	maxTag  = 200
)

// namer makes the names of points, and the tags at the end of their lines.
type namer struct {
	prefix string // sanitised; may be empty
	tags   bool
}

func newNamer(o Options) namer {
	set := dotted.Statsd
	if o.Tags {
		set = dotted.DogStatsD
	}
	return namer{prefix: string(set.AppendPath(nil, o.Prefix)), tags: o.Tags}
}

// appendName appends the name of p, or nothing if p has none.
func (n *namer) appendName(dst []byte, p *reporters.Point) []byte {
	start := len(dst)
	if n.prefix != "" {
		dst = append(append(dst, n.prefix...), '.')
	}
	named := len(dst)
	set := dotted.Statsd
	if n.tags {
		set = dotted.DogStatsD
		dst = set.AppendPath(dst, p.Key.Measurement)
	} else {
		dst = set.AppendSeries(dst, p.Key)
	}
	dst = set.AppendField(dst, named, p.Field)
	if len(dst) == named {
		return dst[:start]
	}
	if n.tags {
		return fitDogStatsD(dst, start)
	}
	return dst
}

// fitDogStatsD makes the name dst[start:] start with a letter, and cuts it to
// the limit.
func fitDogStatsD(dst []byte, start int) []byte {
	i := start
	for i < len(dst) && !isLetter(dst[i]) {
		i++
	}
	dst = append(dst[:start], dst[i:]...)
	return dst[:min(len(dst), start+maxName)]
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// appendTags appends the tags of set as "|#key:value,…", or nothing.
func (n *namer) appendTags(dst []byte, set *monkit.TagSet) []byte {
	if !n.tags {
		return dst
	}
	sep := "|#"
	for i := range set.Len() {
		start := len(dst)
		dst = append(dst, sep...)
		text := len(dst)
		if dst = appendTag(dst, set.At(i)); len(dst) == text {
			dst = dst[:start]
			continue
		}
		sep = ","
	}
	return dst
}

// appendTag appends key:value, or the key alone if the value is empty.
func appendTag(dst []byte, tag monkit.SeriesTag) []byte {
	start := len(dst)
	dst = appendTagText(dst, strings.TrimLeftFunc(tag.Key, notLetter), ":")
	if len(dst) == start || tag.Val == "" {
		return cutTag(dst, start)
	}
	return cutTag(appendTagText(append(dst, ':'), tag.Val, ""), start)
}

// cutTag cuts the tag dst[start:] to the limit. A colon at its end, which would
// make it a key without a value, becomes "_".
func cutTag(dst []byte, start int) []byte {
	dst = dst[:min(len(dst), start+maxTag)]
	if last := len(dst) - 1; last >= start && dst[last] == ':' {
		dst[last] = '_'
	}
	return dst
}

func notLetter(r rune) bool { return r >= 0x80 || !isLetter(byte(r)) }

// appendTagText appends s with "_" for separators and the characters of
// forbidden.
func appendTagText(dst []byte, s, forbidden string) []byte {
	for _, r := range s {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(",|#", r) || strings.ContainsRune(forbidden, r) {
			r = '_'
		}
		dst = append(dst, byte(r))
	}
	return dst
}
