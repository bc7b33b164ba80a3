package statsd

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"monkit.example/internal/dotted"
	"monkit.example/internal/naming"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// Datadog's limits of a name in bytes, which are ASCII, and of a tag with its value
// in characters.
const (
	maxName = 200
	maxTag  = 200
)

// namer makes the names of points, and the tags at the end of their lines.
type namer struct {
	prefix string // sanitised; may be empty
	tags   bool
	values bool // the name has no keys of tags
	global naming.Tags
}

func newNamer(o Options) namer {
	n := namer{tags: o.Tags || o.Dialect == DogStatsD, values: o.TagValues, global: naming.NewTags(o.GlobalTags)}
	n.prefix = string(n.charset().AppendPath(nil, o.Prefix))
	return n
}

// appendName appends the name of p, or nothing if p has none.
func (n *namer) appendName(dst []byte, p *reporters.Point) []byte {
	start := len(dst)
	return n.fit(n.appendWhole(dst, p), start)
}

// appendWhole appends the name of p before it is cut, or nothing if p has none. One
// of DogStatsD that does not start with a letter gets an "n" before it.
func (n *namer) appendWhole(dst []byte, p *reporters.Point) []byte {
	start := len(dst)
	if n.prefix != "" {
		dst = append(append(dst, n.prefix...), '.')
	}
	named, set := len(dst), n.charset()
	switch {
	case n.tags:
		dst = set.AppendPath(dst, p.Key.Measurement)
	case n.values:
		dst = set.AppendSeriesValues(dst, n.global.AddTo(p.Key))
	default:
		dst = set.AppendSeries(dst, n.global.AddTo(p.Key))
	}
	dst = set.AppendField(dst, named, p.Field)
	if len(dst) == named {
		return dst[:start]
	}
	if n.tags && !isLetter(dst[start]) {
		dst = slices.Insert(dst, start, 'n')
	}
	return dst
}

func (n *namer) charset() *dotted.Charset {
	if n.tags {
		return dotted.DogStatsD
	}
	return dotted.Statsd
}

// fit cuts the name dst[start:] of DogStatsD to the limit. It ends in a hash then.
func (n *namer) fit(dst []byte, start int) []byte {
	if !n.tags || len(dst)-start <= maxName {
		return dst
	}
	whole := string(dst[start:])
	return dotted.AppendHash(dst[:start+maxName-dotted.HashLen], whole)
}

// written returns p's field as it is written behind a measurement.
func (n *namer) written(p *reporters.Point) string {
	return string(n.charset().AppendField(nil, 0, p.Field))
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// appendTags appends the tags of set as "|#key:value,…", or nothing.
func (n *namer) appendTags(dst []byte, set *monkit.TagSet) []byte {
	if !n.tags {
		return dst
	}
	set = n.global.Add(set)
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

// appendTag appends key:value, or the key alone if the value is empty, or nothing
// if the key is. A tag that does not start with a letter gets an "n" before it. A
// tag over the limit, or with characters beyond ASCII that are not allowed, ends
// in a hash of what it was.
func appendTag(dst []byte, tag monkit.SeriesTag) []byte {
	if tag.Key == "" {
		return dst
	}
	start := len(dst)
	if first, _ := utf8.DecodeRuneInString(tag.Key); !unicode.IsLetter(first) {
		dst = append(dst, 'n')
	}
	dst, exact := appendTagText(dst, tag.Key, ",|#:")
	if tag.Val != "" {
		same := false
		dst, same = appendTagText(append(dst, ':'), tag.Val, ",|#")
		exact = exact && same
	}
	if last := len(dst) - 1; dst[last] == ':' {
		dst[last] = '_' // or it would be a key without a value
	}
	if n := utf8.RuneCount(dst[start:]); !exact || n > maxTag {
		dst = cutRunes(dst, start, n-(maxTag-dotted.HashLen))
		return dotted.AppendHash(dst, tag.Key+":"+tag.Val)
	}
	return dst
}

// cutRunes cuts n characters from the end of dst[start:].
func cutRunes(dst []byte, start, n int) []byte {
	for ; n > 0; n-- {
		_, size := utf8.DecodeLastRune(dst[start:])
		dst = dst[:len(dst)-size]
	}
	return dst
}

// appendTagText appends s with "_" for control characters, spaces and those of
// forbidden, and for all beyond ASCII but letters, the marks on these, and digits.
// exact is false if one of the latter was replaced.
func appendTagText(dst []byte, s, forbidden string) (out []byte, exact bool) {
	exact = true
	for _, r := range s {
		switch {
		case r <= ' ' || r == 0x7f || strings.ContainsRune(forbidden, r):
			r = '_'
		case r >= utf8.RuneSelf && (r == utf8.RuneError || !unicode.In(r, unicode.Letter, unicode.Mark, unicode.Digit)):
			r, exact = '_', false
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, exact
}
