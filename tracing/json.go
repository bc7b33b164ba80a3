package tracing

import (
	"bufio"
	"encoding/json"
	"io"
	"math"
	"time"

	"monkit.example/internal/printable"
	"monkit.example/monkit"
)

// SpanJSON is the JSON form of a span. Each id is both a number and
// hexadecimal text, because the numbers of many JSON readers have no more than
// 53 bits.
type SpanJSON struct {
	ID          int64       `json:"id"`
	HexID       string      `json:"id_hex"`
	ParentID    *int64      `json:"parent_id,omitempty"`
	ParentHexID string      `json:"parent_id_hex,omitempty"`
	Func        FuncJSON    `json:"func"`
	Trace       TraceJSON   `json:"trace"`
	Start       int64       `json:"start"` // Unix time in nanoseconds
	Orphaned    bool        `json:"orphaned"`
	Args        []string    `json:"args"`
	Annotations [][2]string `json:"annotations"` // names and values, as text

	// Attributes are the annotations whose values are numbers or bools, the
	// last of each name. Durations are in seconds.
	Attributes map[string]any `json:"attributes,omitempty"`
}

// FuncJSON is the function of a SpanJSON.
type FuncJSON struct {
	Package string            `json:"package"`
	Name    string            `json:"name"`
	Tags    map[string]string `json:"tags,omitempty"` // without the tags that make up the name
}

// TraceJSON is the trace of a SpanJSON.
type TraceJSON struct {
	ID    int64  `json:"id"`
	HexID string `json:"id_hex"`
}

// JSONOf returns the JSON form of s.
func JSONOf(s *monkit.Span) SpanJSON {
	f, t := s.Func(), s.Trace()
	out := SpanJSON{
		ID:          s.Id(),
		HexID:       SpanID(s.Id()),
		Func:        FuncJSON{Package: f.Scope().Name(), Name: f.ShortName(), Tags: userTags(f)},
		Trace:       TraceJSON{ID: t.Id(), HexID: TraceID(t)},
		Start:       s.Start().UnixNano(),
		Orphaned:    s.Orphaned(),
		Args:        s.Args(),
		Annotations: [][2]string{},
	}
	if id, ok := s.ParentId(); ok {
		out.ParentID, out.ParentHexID = &id, SpanID(id)
	}
	for _, a := range s.Attributes() {
		out.Annotations = append(out.Annotations, [2]string{a.Name, a.Text()})
		out.setAttribute(a.Name, jsonValue(a.Value))
	}
	return out
}

// Hide replaces the arguments and annotations of the span with text. It does not
// change what the fields point to.
func (out *SpanJSON) Hide(text string) {
	if len(out.Args) > 0 {
		out.Args = []string{text}
	}
	if len(out.Annotations) > 0 {
		out.Annotations = [][2]string{{"hidden", text}}
	}
	out.Attributes = nil
}

// setAttribute sets the attribute name to val, or deletes it if val is nil.
func (out *SpanJSON) setAttribute(name string, val any) {
	if val == nil {
		delete(out.Attributes, name)
		return
	}
	if out.Attributes == nil {
		out.Attributes = make(map[string]any)
	}
	out.Attributes[name] = val
}

// jsonValue returns the JSON number or bool for val, or nil if val has none.
func jsonValue(val any) any {
	switch v := val.(type) {
	case bool, int64:
		return v
	case float64:
		if !math.IsInf(v, 0) && v == v {
			return v
		}
	case time.Duration:
		return v.Seconds()
	}
	return nil
}

// SpansToJSON writes spans as an array, one span a line. It returns the errors
// of w and no others.
func SpansToJSON(w io.Writer, spans []*FinishedSpan) error {
	return writeArray(w, len(spans), func(i int) record { return recordOf(spans[i]) })
}

// writeArray writes n records as an array.
func writeArray(w io.Writer, n int, at func(i int) record) error {
	b := bufio.NewWriter(w)
	b.WriteByte('[')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n ")
		text, _ := json.Marshal(at(i)) // never fails: all fields of a record have a JSON form
		b.Write(printable.JSON(text))
	}
	b.WriteString("]\n")
	return b.Flush()
}
