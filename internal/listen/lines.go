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

// withoutNULs returns p without the NUL bytes at the start of a line, and those
// that are all of an unfinished last line, in the same memory. Programs that write
// strings of C with their terminator, such as gmetad, put one after each text:
// after the last line feed, so that it is the start of the next line.
func withoutNULs(p []byte) []byte {
	at := bytes.IndexByte(p, 0)
	if at < 0 {
		return p
	}
	kept, start := p[:at], at == 0 || p[at-1] == '\n'
	for _, c := range p[at:] {
		if c == 0 && start {
			continue
		}
		kept, start = append(kept, c), c == '\n'
	}
	return kept
}

// datagramText returns what is text of a datagram, without NUL bytes as in
// withoutNULs, and without those behind the last line, which needs no line feed.
func datagramText(p []byte) []byte {
	if len(p) > 0 && p[len(p)-1] == 0 {
		p = bytes.TrimRight(p, "\x00")
	}
	return withoutNULs(p)
}

// withEnd returns the length of p after a line end was added to its last
// line, if that lacks one.
func withEnd(p []byte) int {
	if n := len(p); n > 0 && p[n-1] != '\n' {
		return n + 1
	}
	return len(p)
}
