package statsd

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// plain has the bytes that names keep, without those that are looked at again: the
// ones that start tags, and those beyond ASCII.
var plain = func() (set [256]bool) {
	for c := range utf8.RuneSelf {
		r := rune(c)
		set[c] = r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.' || r == '='
	}
	return set
}()

// parseName returns the name of a series without the tags in it, which it adds to those
// of the line, and with the characters that names may have: see appendClean. The result
// is memory of the batch; it is empty if nothing is left.
func (d *decoder) parseName(name []byte) []byte {
	for _, c := range name {
		if !plain[c] {
			name = d.parseUnusualName(name)
			d.nameTags = len(d.tags)
			break
		}
	}
	return name
}

// parseUnusualName is parseName for a name that needs a change. What starts tags first
// says how they are written: "[a=b,c=d]" as SignalFx has them, anywhere in the name and
// as often as one likes; ",a=b,c=d" as Influx and Telegraf, ";a=b;c=d" as Graphite, and
// "#a=b,c=d" as Librato, up to the end of the name. A bracket that does not close starts
// no tags, nor does one behind it, for which nothing is looked for again.
func (d *decoder) parseUnusualName(name []byte) []byte {
	var few [256]byte
	clean, starts := few[:0], "[,;#"
	for {
		i := bytes.IndexAny(name, starts)
		if i < 0 {
			clean = appendClean(clean, name)
			break
		}
		clean = appendClean(clean, name[:i])
		start, rest := name[i], name[i+1:]
		if start != '[' {
			separator := byte(',')
			if start == ';' {
				separator = ';'
			}
			d.addTags(rest, separator, '=')
			break
		}
		if end := bytes.IndexByte(rest, ']'); end >= 0 {
			d.addTags(rest[:end], ',', '=')
			rest = rest[end+1:]
		} else {
			starts = ",;#"
		}
		name = rest
	}
	return d.b.CopyBytes(clean)
}

// appendClean appends name as the reference daemon writes it: a run of white space
// becomes "_" and a slash "-", and other characters are deleted. It keeps letters,
// marks and digits beyond ASCII, which that deletes: names that differ in these alone
// would be added up, and 東京 would have no name at all.
func appendClean(dst, name []byte) []byte {
	space := false
	for i := 0; i < len(name); {
		r, size := rune(name[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(name[i:])
		}
		switch {
		case isSpace(r):
			if !space {
				dst = append(dst, '_')
			}
		case r == '/':
			dst = append(dst, '-')
		case r < utf8.RuneSelf && plain[r], r >= utf8.RuneSelf && unicode.In(r, unicode.Letter, unicode.Mark, unicode.Digit):
			dst = append(dst, name[i:i+size]...)
		}
		space = isSpace(r)
		i += size
	}
	return dst
}

// isSpace reports whether r is white space to the reference daemon: to JavaScript.
func isSpace(r rune) bool {
	return r == ' ' || r >= '\t' && r <= '\r' || r >= utf8.RuneSelf && (unicode.Is(unicode.Z, r) || r == '\ufeff')
}

// trim returns p without the white space around it.
func trim(p []byte) []byte {
	if n := len(p); n == 0 || isInk(p[0]) && isInk(p[n-1]) {
		return p
	}
	return bytes.TrimFunc(p, isSpace)
}

// isInk reports whether c is ASCII and no white space.
func isInk(c byte) bool { return c > ' ' && c < utf8.RuneSelf }
