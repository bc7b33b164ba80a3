package present

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// jsonArray writes a JSON array, one element per line.
type jsonArray struct {
	printer
	n int
}

func newJSONArray(w io.Writer) *jsonArray {
	a := &jsonArray{printer: newPrinter(w)}
	a.WriteByte('[')
	return a
}

// next begins an element.
func (a *jsonArray) next() {
	if a.n > 0 {
		a.WriteByte(',')
	}
	a.n++
	a.WriteString("\n ")
}

// add writes an element. Its type must have a JSON form for every value.
func (a *jsonArray) add(element any) {
	a.next()
	text, _ := json.Marshal(element)
	a.Write(text)
}

func (a *jsonArray) close() error {
	a.WriteString("]\n")
	return a.printer.close()
}

// appendJSON appends the JSON form of a string, a map of strings or a finite
// number.
func appendJSON(dst []byte, val any) []byte {
	text, _ := json.Marshal(val)
	return append(dst, text...)
}

// appendNumber appends val, or null if it is not finite, which JSON cannot
// express.
func appendNumber(dst []byte, val float64) []byte {
	if math.IsNaN(val) || math.IsInf(val, 0) {
		return append(dst, "null"...)
	}
	return appendJSON(dst, val)
}

// hexID is an id in the form that the query parameter trace_id takes. As text
// it survives JSON parsers that hold numbers as floats.
type hexID int64

func (id hexID) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%016x", uint64(id)), nil
}
