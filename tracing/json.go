package tracing

import (
	"bufio"
	"encoding/json"
	"io"

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
	Annotations [][2]string `json:"annotations"`
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
	for _, a := range s.Annotations() {
		out.Annotations = append(out.Annotations, [2]string{a.Name, a.Value})
	}
	return out
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
