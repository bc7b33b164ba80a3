package otlp

import (
	"unicode/utf8"

	"monkit.example/monkit"
)

const hex = "0123456789abcdef"

// appendString appends s as a JSON string, with U+FFFD for invalid UTF-8. The
// result has no control character: a tab and a line feed have meanings of their
// own in a line.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '"' || c == '\\':
				dst = append(dst, '\\', c)
			case c < ' ' || c == 0x7f:
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			default:
				dst = append(dst, c)
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return append(dst, '"')
}

// appendAttribute appends an attribute whose value is a string.
func appendAttribute(dst []byte, key, val string) []byte {
	dst = append(appendString(append(dst, `{"key":`...), key), `,"value":{"stringValue":`...)
	return append(appendString(dst, val), `}}`...)
}

// appendTags appends the attributes of set with commas between them. Tags
// without a key are left out.
func appendTags(dst []byte, set *monkit.TagSet) []byte {
	start := len(dst)
	for i := range set.Len() {
		tag := set.At(i)
		if tag.Key == "" {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = appendAttribute(dst, tag.Key, tag.Val)
	}
	return dst
}
