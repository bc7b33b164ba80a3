package webpage

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Printable returns s with every unprintable character written as a Go escape:
// control characters, characters that hide or reorder text, and bytes that are
// not UTF-8. So a name can neither add lines, nor control a terminal, nor look
// like another name. Printable leaves backslashes of s alone; a caller whose
// readers must distinguish them from escapes doubles them first.
func Printable(s string) string {
	first := firstUnprintable(s)
	if first < 0 { // nearly always
		return s
	}
	var b strings.Builder
	b.WriteString(s[:first])
	for rest := s[first:]; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		if prints(r, size) {
			b.WriteRune(r)
		} else {
			quoted := strconv.Quote(rest[:size])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		rest = rest[size:]
	}
	return b.String()
}

// firstUnprintable returns the index of the first character of s that does
// not print, or -1.
func firstUnprintable(s string) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !prints(r, size) {
			return i
		}
		i += size
	}
	return -1
}

// prints reports whether r, decoded from size bytes, is printable. utf8 returns
// U+FFFD of size 1 for a byte that is not UTF-8.
func prints(r rune, size int) bool {
	return strconv.IsPrint(r) && (r != utf8.RuneError || size > 1)
}
