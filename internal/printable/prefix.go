package printable

import "unicode/utf8"

// Prefix returns text, or as much of its start as fits in size bytes. It cuts
// between two characters; text that is not UTF-8 it cuts anywhere.
func Prefix(text string, size int) string {
	if len(text) <= size {
		return text
	}
	for end := size; end > size-utf8.UTFMax && end >= 0; end-- {
		if utf8.RuneStart(text[end]) {
			return text[:end]
		}
	}
	return text[:size]
}
