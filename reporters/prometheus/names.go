package prometheus

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"monkit.example/internal/dotted"
	"monkit.example/monkit"
)

// appendName appends s as a part of a name: every character that is not an
// ASCII letter, a digit or an underscore becomes "_".
func appendName(dst []byte, s string) []byte {
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			dst = append(dst, byte(r))
		default:
			dst = append(dst, '_')
		}
	}
	return dst
}

// metricName returns the parts that are not empty, joined by "_", as a name of a
// metric. It returns "" if all parts are empty.
func metricName(parts ...string) string {
	var name []byte
	for _, part := range parts {
		if part == "" {
			continue
		}
		if len(name) > 0 {
			name = append(name, '_')
		}
		name = appendName(name, part)
	}
	return string(startName(name))
}

// startName returns name with an underscore before a first digit, which names
// must not have.
func startName(name []byte) []byte {
	if len(name) > 0 && '0' <= name[0] && name[0] <= '9' {
		return slices.Insert(name, 0, '_')
	}
	return name
}

// labelName returns key as a name of a label. Names with two leading underscores
// are reserved for the server, so they get one.
func labelName(key string) string {
	name := startName(appendName(nil, key))
	for len(name) > 1 && name[0] == '_' && name[1] == '_' {
		name = name[1:]
	}
	if len(name) == 0 {
		return "_"
	}
	return string(name)
}

const quantileLabel = "quantile"

// labels makes the labels of samples. It reuses its memory.
type labels struct {
	list []monkit.SeriesTag
	text []byte
}

// of returns the labels of tags as they stand between braces, sorted by name.
// A tag without a value has the value dotted.NoValue, since a label without one means
// the same as no label. The values of tags whose keys become the same name are joined
// by ";".
//
// For the samples of a summary reserved is true: a tag quantile is renamed, and
// the label quantile is added if it is not empty.
func (l *labels) of(tags *monkit.TagSet, quantile string, reserved bool) string {
	l.list = l.list[:0]
	for i := range tags.Len() {
		tag := tags.At(i)
		name := labelName(tag.Key)
		if reserved && name == quantileLabel {
			name = "exported_" + quantileLabel // as a server renames a label that it needs itself
		}
		l.list = append(l.list, monkit.NewSeriesTag(name, cmp.Or(tag.Val, dotted.NoValue)))
	}
	if quantile != "" {
		l.list = append(l.list, monkit.NewSeriesTag(quantileLabel, quantile))
	}
	slices.SortStableFunc(l.list, func(a, b monkit.SeriesTag) int { return strings.Compare(a.Key, b.Key) })
	return l.join()
}

func (l *labels) join() string {
	l.text = l.text[:0]
	for i, label := range l.list {
		switch {
		case i > 0 && l.list[i-1].Key == label.Key:
			l.text[len(l.text)-1] = ';' // replaces the quote that ended the value
		case i > 0:
			l.text = append(l.text, ',')
			fallthrough
		default:
			l.text = append(append(l.text, label.Key...), '=', '"')
		}
		l.text = append(appendEscaped(l.text, label.Val, true), '"')
	}
	return string(l.text)
}

// appendEscaped appends s with backslashes and line feeds escaped, and quotes
// too if quoted. A byte that is not UTF-8 becomes U+FFFD: servers reject a page
// that has one.
func appendEscaped(dst []byte, s string, quoted bool) []byte {
	for _, r := range s {
		switch {
		case r == '\\':
			dst = append(dst, `\\`...)
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '"' && quoted:
			dst = append(dst, `\"`...)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}
