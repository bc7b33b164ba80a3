package printable

import (
	"io"
	"unicode/utf8"
)

// A Writer passes what is written to it through Text or JSON, however it is cut
// into pieces.
type Writer struct {
	w       io.Writer
	convert func([]byte) []byte
	rest    []byte // the beginning of a character whose other bytes are still to come
}

// NewWriter returns a Writer that writes to w. convert is Text or JSON.
func NewWriter(w io.Writer, convert func([]byte) []byte) *Writer {
	return &Writer{w: w, convert: convert}
}

// Write implements io.Writer. It returns the errors of the underlying writer.
func (w *Writer) Write(p []byte) (int, error) {
	whole := p
	if len(w.rest) > 0 {
		whole = append(w.rest, p...)
	}
	cut := len(whole) - lenIncomplete(whole)
	w.rest = append([]byte(nil), whole[cut:]...)
	if _, err := w.w.Write(w.convert(whole[:cut])); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes the bytes of an incomplete character, if there are any. It does
// not close the underlying writer.
func (w *Writer) Close() error {
	if len(w.rest) == 0 {
		return nil
	}
	_, err := w.w.Write(w.convert(w.rest))
	w.rest = nil
	return err
}

// lenIncomplete returns the length of the incomplete character that text ends
// with, or 0.
func lenIncomplete(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if tail := text[len(text)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
