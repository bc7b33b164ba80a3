package listen

import "bytes"

// countLines returns how many lines p holds, without blank ones. The last
// line may lack its end.
func countLines(p []byte) int64 {
	var n int64
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			end = len(p)
		}
		if !blank(p[:end]) {
			n++
		}
		p = p[min(end+1, len(p)):]
	}
	return n
}

// blank reports whether a line means nothing in any format, as defined by
// reporters.Decoder: it holds only spaces and tabs, and may end in a carriage
// return.
func blank(line []byte) bool {
	return len(bytes.TrimLeft(bytes.TrimSuffix(line, []byte{'\r'}), " \t")) == 0
}

// wholeLines returns the length of p up to and with its last line end.
func wholeLines(p []byte) int { return bytes.LastIndexByte(p, '\n') + 1 }

// withEnd returns the length of p after a line end was added to its last
// line, if that lacks one.
func withEnd(p []byte) int {
	if n := len(p); n > 0 && p[n-1] != '\n' {
		return n + 1
	}
	return len(p)
}
