package loglimit

import "unicode/utf8"

// maxText is how many bytes of a text are logged.
const maxText = 200

// Cut shortens a text for a record, such as a name that may come from the network. It
// cuts between characters.
func Cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for end > maxText-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
