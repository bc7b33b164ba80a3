package influx

import (
	"bytes"

	"monkit.example/reporters"
)

// Scan implements reporters.Scanner for lines such as most programs send them:
// names and tags of plain ASCII without quotes and escapes, numbers and booleans,
// and a time. It takes a seventh of the time of decoding them.
func (*codec) Scan(p []byte) reporters.Span {
	return reporters.ScanLines(p, passes)
}

// passes reports whether a line is usual. It reports false for any other,
// well-formed or not.
func passes(line []byte) bool {
	n := plainLen(line)
	if n == 0 || line[0] == '#' {
		return false
	}
	n, ok := passTags(line, n)
	if !ok || n == len(line) || line[n] != ' ' {
		return false
	}
	if n, ok = passFields(line, n+1); !ok || n == len(line) || line[n] != ' ' {
		return false
	}
	return isTime(line[n+1:])
}

// maxTags is how many tags a line may have here: each is compared with all
// before it, since no tag may be given twice.
const maxTags = 8

// passTags returns where the tags end that start with a comma at line[n].
func passTags(line []byte, n int) (end int, ok bool) {
	var keys [maxTags][]byte
	for tags := 0; n < len(line) && line[n] == ','; tags++ {
		key := line[n+1:]
		key = key[:plainLen(key)]
		n += 1 + len(key)
		if tags == maxTags || len(key) == 0 || n == len(line) || line[n] != '=' {
			return n, false
		}
		for _, other := range keys[:tags] {
			if bytes.Equal(key, other) {
				return n, false
			}
		}
		keys[tags] = key
		val := plainLen(line[n+1:])
		n += 1 + val
		if val == 0 {
			return n, false
		}
	}
	return n, true
}

// passFields returns where the fields end that start at line[n].
func passFields(line []byte, n int) (end int, ok bool) {
	for {
		key := plainLen(line[n:])
		n += key
		if key == 0 || n == len(line) || line[n] != '=' {
			return n, false
		}
		val := plainLen(line[n+1:])
		if !isValue(line[n+1 : n+1+val]) {
			return n, false
		}
		n += 1 + val
		if n == len(line) || line[n] != ',' {
			return n, true
		}
		n++
	}
}

// isValue reports whether p is a usual number or boolean.
func isValue(p []byte) bool {
	switch string(p) {
	case "t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE":
		return true
	}
	if len(p) > 1 && p[len(p)-1] == 'i' {
		return isNumber(p[:len(p)-1], 0)
	}
	return isNumber(p, 1)
}

// maxDigits is below the number of digits from which a number may be out of
// range.
const maxDigits = 15

// isNumber reports whether p is digits, with a minus before them and so many
// points among them at most.
func isNumber(p []byte, points int) bool {
	if len(p) > 0 && p[0] == '-' {
		p = p[1:]
	}
	digits := 0
	for _, c := range p {
		switch {
		case c-'0' <= 9:
			digits++
		case c == '.' && points > 0 && digits > 0:
			points--
		default:
			return false
		}
	}
	return digits > 0 && digits <= maxDigits && p[len(p)-1] != '.'
}

// isTime reports whether p is digits of a time from 2001 to 2033: 19 of them, the
// first of which is 1.
func isTime(p []byte) bool {
	if len(p) != len("1000000000000000000") || p[0] != '1' {
		return false
	}
	for _, c := range p {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}

// plain has true for each byte that stands for itself wherever it is: printable
// ASCII that neither separates nor escapes.
var plain = func() (t [256]bool) {
	for c := '!'; c < 0x7f; c++ {
		t[c] = c != ',' && c != '=' && c != '\\' && c != '"'
	}
	return t
}()

// plainLen returns how many bytes at the start of p are plain.
func plainLen(p []byte) int {
	for i, c := range p {
		if !plain[c] {
			return i
		}
	}
	return len(p)
}
