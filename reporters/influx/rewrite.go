package influx

import (
	"bytes"

	"monkit.example/internal/decimal"
)

// blanks are the bytes that InfluxDB skips before a line, before its fields and
// before its time.
const blanks = " \t\x00"

// hasStrayBlanks reports whether text may have blanks beside the one before its
// fields and the one before its time. VictoriaMetrics drops such lines; other bytes
// that do not print are never at the ends.
func hasStrayBlanks(text []byte) bool {
	return len(text) > 0 && (text[0] <= ' ' || text[len(text)-1] <= ' ') || bytes.IndexByte(text, '\t') >= 0 || bytes.Contains(text, []byte("  "))
}

// appendStrict appends a line without its line end, with one space before its fields
// and one before its time, and numbers that every server reads: VictoriaMetrics 1.79
// stores 0 for .5 and 5. instead. It changes neither strings nor escaped blanks. What is
// no line is appended as it is from where that shows.
func appendStrict(dst, text []byte) []byte {
	text = bytes.TrimRight(bytes.TrimLeft(text, blanks), " \t\r")
	n := endOf(text, " ")
	dst, text = append(dst, text[:n]...), text[n:]
	if len(text) == 0 {
		return dst
	}
	dst, text = append(dst, ' '), bytes.TrimLeft(text, blanks)
	for more := true; more && len(text) > 0; {
		n := endOf(text, "= ")
		n = min(n+1, len(text)) // with the equals sign
		dst, text = append(dst, text[:n]...), text[n:]
		n = valueLen(text)
		dst, text = appendValue(dst, text[:n]), text[n:]
		if more = len(text) > 0 && text[0] == ','; more {
			dst, text = append(dst, ','), text[1:]
		}
	}
	stamp := bytes.TrimLeft(text, blanks)
	switch {
	case len(stamp) == 0 && dst[len(dst)-1] == '\r':
		return append(dst, text...) // without the blanks, the value would end in a line end
	case len(stamp) > 0 && len(stamp) < len(text):
		dst = append(dst, ' ')
	}
	return append(dst, stamp...)
}

// endOf returns the index of the first byte of text that is in set and has no
// backslash before it, or the length of text.
func endOf(text []byte, set string) int {
	for i, c := range text {
		if (c == set[0] || c == set[len(set)-1]) && (i == 0 || text[i-1] != '\\') {
			return i
		}
	}
	return len(text)
}

// valueLen returns the length of the value at the start of text.
func valueLen(text []byte) int {
	if len(text) == 0 || text[0] != '"' {
		return min(endOf(text, ", "), len(text))
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// appendValue appends the value of a field.
func appendValue(dst, value []byte) []byte {
	if _, ok := decimal.Parse(value); ok {
		return decimal.AppendStrict(dst, value)
	}
	return append(dst, value...)
}
