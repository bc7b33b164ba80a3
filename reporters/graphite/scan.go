package graphite

import (
	"bytes"
	"encoding/binary"
	"unicode"
	"unicode/utf8"

	"monkit.example/internal/decimal"
	"monkit.example/reporters"
)

// Scan implements reporters.Scanner. Most lines are examined eight bytes at a
// time; others, such as those with tags, byte by byte. It has a copy of the loop of
// reporters.ScanLines, whose call for each line would cost a tenth of the scan.
func (*codec) Scan(p []byte) reporters.Span {
	size, lines, longest := 0, 0, 0
	tags := nextTags(p, 0)
	for size < len(p) {
		n := bytes.IndexByte(p[size:], '\n')
		line := p[size : size+n]
		tagged := tags < size+n
		if (tagged || !passesCommon(line)) && !passes(line) {
			break
		}
		size += n + 1
		lines++
		longest = max(longest, n+1)
		if tagged {
			tags = nextTags(p, size)
		}
	}
	return reporters.Span{Text: p[:size], Lines: lines, Longest: longest}
}

// nextTags returns the index of the first semicolon from i on, or that of the end.
// It is asked once for all lines without tags, whose paths are then faster to examine.
func nextTags(p []byte, i int) int {
	if n := bytes.IndexByte(p[i:], ';'); n >= 0 {
		return i + n
	}
	return len(p)
}

// stampDigits is how many digits a time has from 2001 to 2286.
const stampDigits = 10

// passesCommon reports whether a line without semicolons is such as decodeCommon
// accepts, with a time of stampDigits and a value of at most eight bytes behind its sign. It
// reports false for any other, well-formed or not.
func passesCommon(line []byte) bool {
	i := len(line) - stampDigits - 1 // the space before the time
	if i < 3 || line[i] != ' ' || len(line) > carbonLine {
		return false
	}
	stamp := line[i+1:]
	if stamp[0]-'1' > 7 || !allDigits(load(stamp)) || !allDigits(load(stamp[stampDigits-8:])) {
		return false
	}
	path, ok := cutValue(line[:i])
	return ok && len(path) > 0 && path[0] != '.' && isPlain(path)
}

// load returns the first eight bytes of p.
func load(p []byte) uint64 { return binary.LittleEndian.Uint64(p) }

const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// allDigits reports whether all bytes of w are digits: adding 0x46 sets the high
// bit of those above, subtracting 0x30 that of those below. A carry or borrow
// begins only at a byte that is no digit.
func allDigits(w uint64) bool { return ((w+0x46*ones)|(w-0x30*ones)|w)&highs == 0 }

// cutValue cuts the value and the space before it off the end of line, if the
// value is digits, with a minus before them and a point among them at most.
func cutValue(line []byte) (path []byte, ok bool) {
	digits, points := 0, 0
	for i := len(line) - 1; i >= 0; i-- {
		c := line[i]
		if c-'0' <= 9 {
			digits++
			continue
		}
		if c == '.' && digits > 0 { // the last byte is a digit
			points++
			continue
		}
		if digits == 0 || line[i+1] == '.' {
			return nil, false
		}
		if c == '-' && i > 0 {
			i--
			c = line[i]
		}
		return line[:i], c == ' ' && points <= 1 && digits < maxDigits
	}
	return nil, false
}

// maxDigits is below the number of digits from which decimal.Parse may find a
// value out of range.
const maxDigits = 15

// isPlain reports whether all bytes of path are printable ASCII without spaces. A
// byte of bad has its high bit set for one that is not ASCII, or a delete. Of the
// others, each byte of good has it set for one that is above the space.
func isPlain(path []byte) bool {
	if len(path) < 8 {
		return classes(path) == 0
	}
	w := load(path[len(path)-8:]) // overlaps with the word before
	bad, good := w|(w+ones), w+(0x80-'!')*ones
	for len(path) > 8 {
		w = load(path)
		bad |= w | (w + ones)
		good &= w + (0x80-'!')*ones
		path = path[8:]
	}
	return (bad|^good)&highs == 0
}

// passes reports whether decode accepts a line, keeps it as it is, and has no hint
// about it. White space other than one space between fields is in a field then,
// where it is not allowed.
func passes(line []byte) bool {
	i := bytes.IndexByte(line, ' ')
	if i < 0 || len(line) > carbonLine {
		return false
	}
	path, rest := line[:i], line[i+1:]
	j := bytes.IndexByte(rest, ' ')
	if j < 0 {
		return false
	}
	value, stamp := rest[:j], rest[j+1:]
	if _, ok := decimal.Parse(value); !ok || !decimal.IsStrict(value) {
		return false
	}
	return isTime(stamp) && isPath(path)
}

// isTime reports whether stamp is a time that a line keeps.
func isTime(stamp []byte) bool {
	if second, ok := digits(stamp); ok {
		return second >= second1980
	}
	v, ok := decimal.Parse(stamp)
	return ok && decimal.IsStrict(stamp) && v >= second1980 && v < float64(maxSecond)
}

// isPath reports whether parsePath accepts path.
func isPath(path []byte) bool {
	all := classes(path)
	if all&control != 0 || all&nonASCII != 0 && (!utf8.Valid(path) || bytes.IndexFunc(path, unicode.IsSpace) >= 0) {
		return false
	}
	name, tags := path, []byte(nil)
	if all&semicolon != 0 {
		i := bytes.IndexByte(path, ';')
		name, tags = path[:i], path[i:]
	}
	return len(bytes.Trim(name, ".")) > 0 && areTags(tags)
}

// areTags reports whether p is tags, with the semicolon before each.
func areTags(p []byte) bool {
	for len(p) > 0 {
		one, rest := p[1:], []byte(nil)
		if i := bytes.IndexByte(one, ';'); i >= 0 {
			one, rest = one[:i], one[i:]
		}
		if !isTag(one) {
			return false
		}
		p = rest
	}
	return true
}
