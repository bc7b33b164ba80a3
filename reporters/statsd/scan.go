package statsd

import (
	"bytes"

	"monkit.example/reporters"
)

// Scan implements reporters.Scanner for lines such as most programs send them:
// name:value|type, one value, and maybe a rate and tags. It takes a seventh of
// the time of decoding them. It counts no hints: they are about what points mean.
func (*codec) Scan(p []byte) reporters.Span {
	return reporters.ScanLines(p, passes)
}

// passes reports whether a line is usual. It reports false for any other,
// well-formed or not.
func passes(line []byte) bool {
	name := bytes.IndexByte(line, ':')
	if name <= 0 || !isAlphanumeric(line[0]) || !isASCII(line) { // or the name might be empty without its tags
		return false
	}
	rest := line[name+1:]
	n := numberLen(rest)
	if n == 0 || n == len(rest) || rest[n] != '|' {
		return false
	}
	return passesType(rest[n+1:], rest[0] == '-')
}

// passesType reports whether p is a type, and sections that do not change
// whether the line is accepted. negative is true if its value has a minus.
func passesType(p []byte, negative bool) bool {
	kind, p := cutKind(p)
	switch string(kind) {
	case "c", "g", "h", "d":
	case "ms":
		if negative {
			return false
		}
	default:
		return false
	}
	if len(p) > 1 && p[0] == '@' {
		n, ok := rateLen(p[1:])
		if p = p[1:]; !ok || n < len(p) && p[n] != '|' {
			return false
		}
		if p = p[n:]; len(p) > 0 {
			p = p[1:]
		}
	}
	return len(p) == 0 || p[0] == '#' && bytes.IndexByte(p, '|') < 0
}

// cutKind cuts p at the first bar.
func cutKind(p []byte) (kind, rest []byte) {
	if i := bytes.IndexByte(p, '|'); i >= 0 {
		return p[:i], p[i+1:]
	}
	return p, nil
}

// rateLen returns the length of the rate at the start of p, which must be a
// fraction such as 0.1: of so few digits that its inverse is below maxWeight.
func rateLen(p []byte) (n int, ok bool) {
	n = numberLen(p)
	return n, n > 2 && n <= len("0.123456789") && p[0] == '0' && p[1] == '.' && bytes.Count(p[:n], []byte{'0'}) < n-1
}

// numberLen returns the length of the number at the start of p, or zero: a sign
// at most, and then up to maxDigits digits with a point at most.
func numberLen(p []byte) int {
	i, points := 0, 0
	if len(p) > 0 && (p[0] == '-' || p[0] == '+') {
		i = 1
	}
	start := i
	for i < len(p) && (p[i]-'0' <= 9 || p[i] == '.') {
		if p[i] == '.' {
			points++
		}
		i++
	}
	if digits := i - start - points; points > 1 || digits == 0 || digits > maxDigits {
		return 0
	}
	return i
}

// maxDigits is how many digits decimal.Parse reads without asking whether the
// value is in range.
const maxDigits = 15

// isASCII reports whether line is printable ASCII. The last byte may be no
// carriage return either.
func isASCII(line []byte) bool {
	for _, c := range line {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool { return isLetter(c) || c-'0' <= 9 }
