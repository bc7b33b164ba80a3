package tracing

import (
	"bufio"
	"encoding/json"
	"io"
	"math"
	"time"

	"monkit.example/monkit"
)

// SpanJSON is a span as JSON has it. Ids are there twice, since the numbers of
// many readers have no more than 53 bits.
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

	// The annotations whose values are numbers or bools, the last of each name.
	// Durations are in seconds.
	Attributes map[string]any `json:"attributes,omitempty"`
}

// FuncJSON is a function within a SpanJSON.
type FuncJSON struct {
	Package string            `json:"package"`
	Name    string            `json:"name"`
	Tags    map[string]string `json:"tags,omitempty"` // its user's
}

// TraceJSON is a trace within a SpanJSON.
type TraceJSON struct {
	ID    int64  `json:"id"`
	HexID string `json:"id_hex"`
}

// JSONOf returns what JSON has of s.
func JSONOf(s *monkit.Span) SpanJSON {
	f, t := s.Func(), s.Trace()
	out := SpanJSON{
		ID:          s.Id(),
		HexID:       SpanID(s.Id()),
		Func:        FuncJSON{Package: f.Scope().Name(), Name: f.ShortName(), Tags: userTags(f)},
		Trace:       TraceJSON{ID: t.Id(), HexID: TraceID(t)},
		Start:       s.Start().UnixNano(),
		Orphaned:    s.Orphaned(),
		Args:        append([]string{}, s.Args()...), // [] if there are none, not null
		Annotations: [][2]string{},
	}
	if id, ok := s.ParentId(); ok {
		out.ParentID, out.ParentHexID = &id, SpanID(id)
	}
	for _, a := range s.Attributes() {
		out.Annotations = append(out.Annotations, [2]string{a.Name, a.Text()})
		out.attribute(a.Name, jsonValue(a.Value))
	}
	return out
}

// attribute sets the value of name, to nothing if val is nil.
func (out *SpanJSON) attribute(name string, val any) {
	if val == nil {
		delete(out.Attributes, name)
		return
	}
	if out.Attributes == nil {
		out.Attributes = make(map[string]any)
	}
	out.Attributes[name] = val
}

// jsonValue returns val if JSON has it as other than text, and nil if not.
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

// SpansToJSON writes spans as an array, one a line. It fails only if w does.
func SpansToJSON(w io.Writer, spans []*FinishedSpan) error {
	return writeArray(w, len(spans), func(i int) record { return recordOf(spans[i]) })
}

// writeArray writes n records.
func writeArray(w io.Writer, n int, at func(i int) record) error {
	b := bufio.NewWriter(w)
	b.WriteByte('[')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n ")
		text, _ := json.Marshal(at(i)) // all its parts have a JSON form
		b.Write(text)
	}
	b.WriteString("]\n")
	return b.Flush()
}
