package reporters

import "bytes"

// WholeLines is how many bytes of p are lines that have their end.
func WholeLines(p []byte) int { return bytes.LastIndexByte(p, '\n') + 1 }

// CutLine cuts the first line off text, which is whole lines. The line comes
// without its end and has no room for more.
func CutLine(text []byte) (line, rest []byte) {
	end := bytes.IndexByte(text, '\n')
	line, rest = text[:end:end], text[end+1:]
	if end > 0 && line[end-1] == '\r' {
		line = line[:end-1]
	}
	return line, rest
}
