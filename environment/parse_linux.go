package environment

import (
	"bytes"
	"strconv"

	"monkit.example/monkit"
)

// The kernel counts microseconds, series are in seconds.
const microseconds = 1e6

// decimal is the number that text is. Anything but digits, a sign and a point
// is none, so that no file can make a series infinite.
func decimal(text []byte) (float64, bool) {
	// The longest that the kernel writes are the 20 digits of 64 bits.
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

// nextWord cuts the first word off text. Both are empty at the end.
func nextWord(text []byte) (word, rest []byte) {
	text = bytes.TrimLeft(text, " \t\n")
	end := bytes.IndexAny(text, " \t\n")
	if end < 0 {
		return text, nil
	}
	return text[:end], text[end:]
}

// nextLine cuts the first line off text, without its end. rest is nil after
// the last.
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

// keyed is where a number of a file with one name and number a line goes.
type keyed struct {
	name  string // in the file
	key   monkit.SeriesKey
	field string
	unit  float64 // what the file has for 1 of the field
}

func emitKeyed(fields []keyed, text []byte, cb emit) {
	for i := range fields {
		f := &fields[i]
		if val, ok := lookup(text, f.name); ok {
			cb(f.key, f.field, val/f.unit)
		}
	}
}
