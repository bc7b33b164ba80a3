package present

import (
	"encoding/json"
	"fmt"
	"math"
)

// list writes a JSON array, one element a line.
type list struct {
	printer
	n int
}

func (l *list) open() { l.WriteByte('[') }

// next starts an element.
func (l *list) next() {
	if l.n > 0 {
		l.WriteByte(',')
	}
	l.n++
	l.WriteString("\n ")
}

// add writes an element. What it is made of always has a JSON form.
func (l *list) add(element any) {
	l.next()
	text, _ := json.Marshal(element)
	l.Write(text)
}

func (l *list) close() error {
	l.WriteString("]\n")
	return l.printer.close()
}

// appendJSON appends the JSON of a string or a map of strings.
func appendJSON(dst []byte, val any) []byte {
	text, _ := json.Marshal(val)
	return append(dst, text...)
}

// appendNumber appends val, or null if JSON has no number for it.
func appendNumber(dst []byte, val float64) []byte {
	if math.IsNaN(val) || math.IsInf(val, 0) {
		return append(dst, "null"...)
	}
	return appendJSON(dst, val)
}

// hexID is an id as trace_id queries take it. As text it survives readers
// whose numbers are floats.
type hexID int64

func (id hexID) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%016x", uint64(id)), nil
}
