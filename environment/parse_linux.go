package environment

import (
	"bytes"
	"strconv"

	"monkit.example/monkit"
)

// The kernel counts microseconds; the series are in seconds.
const microseconds = 1e6

// decimal returns the number that text is. It accepts digits, a sign and a
// point only, so that no file can make a value infinite.
func decimal(text []byte) (float64, bool) {
	// The longest number that the kernel writes has the 20 digits of 64 bits.
	if len(text) == 0 || len(text) > 32 {
		return 0, false
	}
	for _, c := range text {
		if (c < '0' || c > '9') && c != '-' && c != '.' {
			return 0, false
		}
	}
	val, err := strconv.ParseFloat(string(text), 64)
	return val, err == nil
}

// nextWord cuts the first word off text. Both results are empty at the end.
func nextWord(text []byte) (word, rest []byte) {
	text = bytes.TrimLeft(text, " \t\n")
	end := bytes.IndexAny(text, " \t\n")
	if end < 0 {
		return text, nil
	}
	return text[:end], text[end:]
}

// nextLine cuts the first line off text and returns it without its end. rest is
// nil after the last line.
func nextLine(text []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(text, []byte("\n"))
	return line, rest
}

// lookup finds the number in the line "name number" or "name: number".
func lookup(text []byte, name string) (float64, bool) {
	for len(text) > 0 {
		var line []byte
		line, text = nextLine(text)
		if len(line) <= len(name) || string(line[:len(name)]) != name {
			continue
		}
		number, ok := bytes.CutPrefix(bytes.TrimPrefix(line[len(name):], []byte(":")), []byte(" "))
		if ok {
			return decimal(bytes.TrimSpace(number))
		}
	}
	return 0, false
}

// A numberLine is a line "name number" of a file, and the sample it becomes.
type numberLine struct {
	name    string
	key     monkit.SeriesKey
	field   string
	divisor float64 // the number over divisor is the value of the sample
}

func emitNumberLines(lines []numberLine, text []byte, cb emit) {
	for i := range lines {
		l := &lines[i]
		if val, ok := lookup(text, l.name); ok {
			cb(l.key, l.field, val/l.divisor)
		}
	}
}
