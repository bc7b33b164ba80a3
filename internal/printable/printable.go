// Package printable makes text from the network and from programs safe to show:
// on pages, in terminals and in logs. [String] is for one name or value, [Text]
// for a whole page, and [JSON] for a JSON document, whose data it keeps exactly.
// A [Writer] does what Text or JSON does with a page that is written in pieces.
//
// What does not print are control characters (Cc), characters that hide or
// reorder text (Cf: marks of direction, characters of no width, tags), line and
// paragraph separators, spaces other than U+0020, private use, unassigned code
// points, and bytes that are not UTF-8. What prints is what strconv.IsPrint says.
package printable

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// String returns s with every unprintable character written as a Go escape, such
// as \n, \u202e, or \xff for a byte that is not UTF-8. So a name can neither add
// lines, nor control a terminal, nor look like another name. String leaves
// backslashes of s alone; a caller whose readers must distinguish them from
// escapes doubles them first.
func String(s string) string {
	first := firstUnprintable(s)
	if first < 0 { // nearly always
		return s
	}
	var b strings.Builder
	b.WriteString(s[:first])
	for rest := s[first:]; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		if prints(r, size) {
			b.WriteString(rest[:size])
		} else {
			b.WriteString(escape(rest[:size]))
		}
		rest = rest[size:]
	}
	return b.String()
}

// Text returns text with every unprintable character written as String does,
// except tabs and line feeds. A page passes through it as a whole, so that no
// value on it can be forgotten.
func Text(text []byte) []byte { return replace(text, isLayout, escape) }

// JSON returns a JSON document with every unprintable character in its strings
// written as an escape of JSON, such as \u202e. It means the same as before, but
// bytes that are not UTF-8 become \ufffd.
func JSON(document []byte) []byte { return replace(document, isLayoutOfJSON, escapeJSON) }

func isLayout(r rune) bool { return r == '\n' || r == '\t' }

func isLayoutOfJSON(r rune) bool { return r == '\n' || r == '\t' || r == '\r' }

// replace returns text with every character that neither prints nor is allowed
// replaced. It returns text itself if there is none.
func replace(text []byte, allowed func(rune) bool, escape func(string) string) []byte {
	var out []byte
	done := 0 // text[:done] is in out
	for i := 0; i < len(text); {
		if c := text[i]; c >= ' ' && c < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if !prints(r, size) && !allowed(r) {
			out = append(append(out, text[done:i]...), escape(string(text[i:i+size]))...)
			done = i + size
		}
		i += size
	}
	if done == 0 {
		return text
	}
	return append(out, text[done:]...)
}

// escape returns the Go escape of a character or an invalid byte.
func escape(char string) string {
	quoted := strconv.Quote(char)
	return quoted[1 : len(quoted)-1]
}

// escapeJSON returns the JSON escape of a character.
func escapeJSON(char string) string {
	const hex = "0123456789abcdef"
	r, _ := utf8.DecodeRuneInString(char) // U+FFFD for an invalid byte
	units := utf16.AppendRune(nil, r)
	out := make([]byte, 0, 12)
	for _, u := range units {
		out = append(out, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
	}
	return string(out)
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
