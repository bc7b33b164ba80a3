package loglimit

import "monkit.example/internal/printable"

// maxText is how many bytes of a text are logged.
const maxText = 200

// Cut shortens a text for a record, such as a name that may come from the network. It
// cuts between characters.
func Cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	return printable.Prefix(text, maxText) + "…"
}
