// Package line has what listeners and decoders of every line format share: how
// text is divided into lines, and which lines are blank. Decoders call [Whole],
// then [Cut] until the text is empty.
package line

import (
	"bytes"
	"unsafe"
)

// Whole returns how many bytes of p are lines that end in a line feed.
func Whole(p []byte) int { return bytes.LastIndexByte(p, '\n') + 1 }

// Cut cuts the first line off text, which must be whole lines. It returns the
// line without its line feed and carriage return, with no room to append.
func Cut(text []byte) (line, rest []byte) {
	end := bytes.IndexByte(text, '\n')
	line, rest = text[:end:end], text[end+1:]
	if end > 0 && line[end-1] == '\r' {
		line = line[:end-1]
	}
	return line, rest
}

// Blank reports whether a line, without its line feed, has nothing but spaces
// and tabs, and maybe a carriage return at its end. Such lines are no lines of
// any format.
func Blank(line []byte) bool {
	return len(bytes.TrimLeft(bytes.TrimSuffix(line, []byte{'\r'}), " \t")) == 0
}

// String returns p as a string without a copy. p must not change while the
// string is in use.
func String(p []byte) string { return unsafe.String(unsafe.SliceData(p), len(p)) }
