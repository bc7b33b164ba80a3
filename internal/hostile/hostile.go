// Package hostile has texts for the tests of everything that shows text.
package hostile

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Texts are names and values by which an attacker might change a page, a log or
// a terminal: markup, control characters, characters that hide or reorder text,
// and bytes that are not UTF-8.
var Texts = []string{
	`'"><script>alert(1)</script>`,
	`<img src=x onerror=alert(1)>`,
	`') || alert('1`,
	"]]>",
	"{{.}}",
	`\`, `\l`, `"];`, `*/`,
	"nul\x00", "esc\x1b[2J", "bell\a", "del\x7f",
	"line\nfunction,name=forged total=1",
	"\r\nSet-Cookie: a=b",
	"\xff\xfe not UTF-8", "cut\xe2\x80", "surrogate\xed\xa0\x80", "overlong\xc0\xaf",
	"c1\u0080\u009b2J\u0085",
	"\u202egnp.exe", "\u2066isolate\u2069", "\u200fmark",
	"\u2028", "\u2029",
	"zero\u200bwidth", "join\u200der", "\ufeffbom", "word\u2060join", "soft\u00adhyphen",
	"tag\U000e0061\U000e007f", "private\ue000\U000f0000", "unassigned\u0378\U000effff",
	"no-break\u00a0space", "noncharacter\uffff\ufdd0",
	"", " ", ",", "=", "%s%n",
	strings.Repeat("long", 1<<8),
}

// Unprintable returns the first character of a page that does not print and is
// neither a tab nor a line feed, or the first byte that is not UTF-8, or "".
func Unprintable(page string) string {
	for rest := page; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		if r == utf8.RuneError && size == 1 || !strconv.IsPrint(r) && r != '\n' && r != '\t' {
			return rest[:size]
		}
		rest = rest[size:]
	}
	return ""
}
