package graphite

import (
	"strconv"

	"monkit.example/internal/decimal"
	"monkit.example/reporters"
)

// isPlainLine reports whether a line, which has these fields, has one space between
// them and nothing else, and numbers that every server reads. Carbon takes more, such
// as tabs and .5, which VictoriaMetrics drops.
func isPlainLine(line, path, value, stamp []byte) bool {
	return len(line) == len(path)+len(value)+len(stamp)+len("  ") && line[len(path)] == ' ' && line[len(path)+1+len(value)] == ' ' &&
		decimal.IsStrict(value) && decimal.IsStrict(stamp)
}

// rewritten returns a line with the same meaning that is as isPlainLine wants it. If
// received is true, it has nanos as its time instead of stamp.
func rewritten(b *reporters.Batch, path, value, stamp []byte, nanos int64, received bool) []byte {
	var few [256]byte
	line := append(append(few[:0], path...), ' ')
	line = append(decimal.AppendStrict(line, value), ' ')
	if received {
		second, _ := wholeSeconds(max(nanos, 0)) // of a clock before 1970
		line = strconv.AppendInt(line, second, 10)
	} else {
		line = decimal.AppendStrict(line, stamp)
	}
	return b.CopyBytes(line)
}
