package recent

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"monkit.example/monkit"
)

// appendText appends a text that only the series of key and field has: each
// part after its length.
func appendText(dst []byte, key monkit.SeriesKey, field string) []byte {
	dst = appendPart(dst, key.Measurement)
	for i := range key.Tags.Len() {
		tag := key.Tags.At(i)
		dst = appendPart(dst, tag.Key)
		dst = appendPart(dst, tag.Val)
	}
	return appendPart(dst, field)
}

func appendPart(dst []byte, part string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(part)))
	return append(dst, part...)
}

// printable replaces the characters that XML does not allow, even escaped.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, text)
}
