package listen

import (
	"bytes"

	"monkit.example/internal/line"
)

// countLines returns how many lines p holds, without blank ones. The last
// line may lack its end.
func countLines(p []byte) int64 {
	var n int64
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			end = len(p)
		}
		if !line.Blank(p[:end]) {
			n++
		}
		p = p[min(end+1, len(p)):]
	}
	return n
}

// withEnd returns the length of p after a line end was added to its last
// line, if that lacks one.
func withEnd(p []byte) int {
	if n := len(p); n > 0 && p[n-1] != '\n' {
		return n + 1
	}
	return len(p)
}
