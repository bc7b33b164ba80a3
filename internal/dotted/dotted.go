// Package dotted turns series into dotted names, for formats without tags or with
// tags apart from the name. Call [Charset.AppendSeries] for the name of a series,
// and then [Charset.AppendField]; or [Charset.AppendPath] for a name that has dots
// already.
//
// A character that the format cannot hold becomes one "_", and so does a byte that
// is not UTF-8. A part that is not ASCII, or is too long, ends in a hash of what it
// was, since little else may be left of it: "東京" and "大阪" are ___68dea76f and
// ___cf45c76e. Parts that differ in ASCII characters alone can still become equal:
// "a b" and "a/b" are both a_b in Graphite. Package collide finds those.
package dotted

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"hash/fnv"
	"io"
	"strings"
	"unicode/utf8"

	"monkit.example/monkit"
)

// MaxPart is the maximum length of one part of a name in bytes. Graphite stores a
// part as a file name, which has up to 255 bytes with its ending ".wsp". A longer
// part is cut, and ends in a hash.
const MaxPart = 251

// Charset is the set of bytes that the names of a format may hold, without the dot
// between parts.
type Charset [256]bool

// alnum is a part of every set.
const alnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

var (
	// Graphite excludes the characters that start a tag and those with a
	// meaning in queries.
	Graphite = newCharset(alnum + "-:#%@+$")
	// Statsd has the characters that the reference daemon does not replace.
	Statsd = newCharset(alnum + "-")
	// DogStatsD has the characters that Datadog accepts.
	DogStatsD = newCharset(alnum)
)

func newCharset(chars string) *Charset {
	var c Charset
	for i := range len(chars) {
		c[chars[i]] = true
	}
	return &c
}

// NoValue is written as the value of a tag that has none, where a format needs one:
// a tag without a value and one with this value are the same there.
const NoValue = "true"

// AppendSeries appends the name of a series: its scope, its measurement, and its
// other tags in the order of their keys, each as two parts, key and value, such as
// app.hits.zone.eu. A tag without a value has NoValue. The tags name, kind and
// error_name of a series of this library are one part, the value: a function is
// scope.function.Name, its times are scope.function_times.success.Name. A series is
// of this library if it has a scope, as all of a registry do, or is one of these
// two. Empty parts are left out.
func (c *Charset) AppendSeries(dst []byte, key monkit.SeriesKey) []byte {
	return c.appendSeries(dst, key, true)
}

// AppendSeriesValues is AppendSeries with every tag as one part, its value. Tags of
// other keys with equal values get one name.
func (c *Charset) AppendSeriesValues(dst []byte, key monkit.SeriesKey) []byte {
	return c.appendSeries(dst, key, false)
}

func (c *Charset) appendSeries(dst []byte, key monkit.SeriesKey, keys bool) []byte {
	start, scope := len(dst), key.Tags.Get("scope")
	dst = c.join(dst, start, scope, false)
	dst = c.join(dst, start, key.Measurement, true)
	own := scope != "" || key.Measurement == "function" || key.Measurement == "function_times"
	for i := range key.Tags.Len() {
		tag := key.Tags.At(i)
		switch {
		case tag.Key == "scope" && tag.Val == scope && scope != "":
		case !keys, tag.Key == "", own && isOwn(tag.Key) && tag.Val != "":
			dst = c.join(dst, start, tag.Val, false)
		default:
			dst = c.join(dst, start, tag.Key, false)
			dst = c.join(dst, start, cmp.Or(tag.Val, NoValue), false)
		}
	}
	return dst
}

// isOwn reports whether key is that of a tag by which this library's series differ.
func isOwn(key string) bool { return key == "name" || key == "kind" || key == "error_name" }

// AppendField appends field as one more part to the name that begins at
// dst[start].
func (c *Charset) AppendField(dst []byte, start int, field string) []byte {
	if len(dst) > start && field != "" {
		dst = append(dst, '.')
	}
	if c.Holds(field) {
		return append(dst, field...)
	}
	return c.appendPart(dst, field)
}

// Holds reports whether part needs no change.
func (c *Charset) Holds(part string) bool {
	for i := range len(part) {
		if !c[part[i]] {
			return false
		}
	}
	return len(part) <= MaxPart
}

// AppendPath appends text with its dots. Several dots in a row become one, and dots
// at the ends are removed.
func (c *Charset) AppendPath(dst []byte, text string) []byte {
	return c.join(dst, len(dst), text, true)
}

// CutLast returns the last part of a name, and those before it.
func CutLast(name []byte) (before, last []byte) {
	if i := bytes.LastIndexByte(name, '.'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return nil, name
}

// join appends text to the name that begins at dst[start], with a dot before it.
// The dots of text separate parts if dots is true, and become "_" otherwise.
func (c *Charset) join(dst []byte, start int, text string, dots bool) []byte {
	for text != "" {
		part := text
		text = ""
		if dots {
			part, text, _ = strings.Cut(part, ".")
		}
		if part == "" {
			continue
		}
		if len(dst) > start {
			dst = append(dst, '.')
		}
		dst = c.appendPart(dst, part)
	}
	return dst
}

// appendPart appends part, with "_" for each character that c does not hold.
func (c *Charset) appendPart(dst []byte, part string) []byte {
	start, ascii := len(dst), true
	for _, r := range part {
		b := byte('_')
		if r < utf8.RuneSelf && c[r] {
			b = byte(r)
		}
		ascii = ascii && r < utf8.RuneSelf
		dst = append(dst, b)
	}
	if ascii && len(dst)-start <= MaxPart {
		return dst
	}
	return AppendHash(dst[:min(len(dst), start+MaxPart-HashLen)], part)
}

// HashLen is how many bytes AppendHash appends.
const HashLen = 1 + 8

// AppendHash appends "_" and a hash of text, in hexadecimal, to what is left of
// text in a name. It is the same in every process.
func AppendHash(dst []byte, text string) []byte {
	h := fnv.New32a()
	io.WriteString(h, text) // never fails
	return hex.AppendEncode(append(dst, '_'), h.Sum(nil))
}
