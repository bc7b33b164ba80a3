// Package dotted makes dotted names of series, for the formats that have no
// tags or keep them apart: call [Charset.AppendSeries] for the whole of a
// name, [Charset.AppendPath] and [Charset.AppendPart] for pieces of one.
//
// What a format cannot hold becomes "_", a byte or a whole character of UTF-8
// at a time, so that two series can come to bear one name: "a b" and "a/b" are
// both a_b to Graphite. Whoever receives them cannot tell them apart.
package dotted

import (
	"strings"

	"monkit.example/monkit"
)

// MaxPart is the most bytes of one part of a path: 255, which is what file
// systems take, less ".wsp". What is longer is cut.
const MaxPart = 251

// Charset is the set of bytes that a format's names may hold, but for the dot.
type Charset [256]bool

// alnum are in every set.
const alnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

var (
	// Graphite leaves out what starts tags and what its queries give a
	// meaning to.
	Graphite = newCharset(alnum + "-:#%@+$")
	// Statsd is what the reference daemon leaves as it is.
	Statsd = newCharset(alnum + "-")
	// DogStatsD is what its backend takes.
	DogStatsD = newCharset(alnum)
)

func newCharset(chars string) *Charset {
	var c Charset
	for i := range len(chars) {
		c[chars[i]] = true
	}
	return &c
}

// AppendSeries appends scope.measurement.tags of key, each value of a tag a
// part, in the order of their keys: scope.function.Name for a function,
// scope.function_times.success.Name for its times. What is empty is left out.
func (c *Charset) AppendSeries(dst []byte, key monkit.SeriesKey) []byte {
	start := len(dst)
	dst = c.join(dst, start, key.Tags.Get("scope"), false)
	dst = c.join(dst, start, key.Measurement, true)
	for i := range key.Tags.Len() {
		if tag := key.Tags.At(i); tag.Key != "scope" {
			dst = c.join(dst, start, tag.Val, false)
		}
	}
	return dst
}

// AppendField appends field as one more part to the name that dst holds from
// start on.
func (c *Charset) AppendField(dst []byte, start int, field string) []byte {
	if len(dst) > start && field != "" {
		dst = append(dst, '.')
	}
	if c.holds(field) {
		return append(dst, field...)
	}
	return c.appendPart(dst, field)
}

// holds reports whether part may stand as it is.
func (c *Charset) holds(part string) bool {
	for i := range len(part) {
		if !c[part[i]] {
			return false
		}
	}
	return len(part) <= MaxPart
}

// AppendPath appends text with its dots, of which several in a row become one
// and those at the ends go.
func (c *Charset) AppendPath(dst []byte, text string) []byte {
	return c.join(dst, len(dst), text, true)
}

// AppendPart appends text as one part: its dots become "_".
func (c *Charset) AppendPart(dst []byte, text string) []byte {
	return c.join(dst, len(dst), text, false)
}

// join appends text to the name that dst holds from start on, a dot between.
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

func (c *Charset) appendPart(dst []byte, part string) []byte {
	start := len(dst)
	for _, r := range part {
		b := byte('_')
		if r < 0x80 && c[r] {
			b = byte(r)
		}
		dst = append(dst, b)
	}
	return dst[:min(len(dst), start+MaxPart)]
}
