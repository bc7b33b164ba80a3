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

// finishedJSON is a SpanJSON that knows its end.
type finishedJSON struct {
	SpanJSON
	Finish   int64  `json:"finish"` // Unix time in nanoseconds
	Err      string `json:"err"`
	Panicked bool   `json:"panicked"`
}

// SpansToJSON writes spans as an array, one a line. It fails only if w does.
func SpansToJSON(w io.Writer, spans []*FinishedSpan) error {
	b := bufio.NewWriter(w)
	b.WriteByte('[')
	for i, s := range spans {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n ")
		text, _ := json.Marshal(finishedJSON{ // all its parts have a JSON form
			SpanJSON: JSONOf(s.Span),
			Finish:   s.Finish.UnixNano(),
			Err:      errorText(s.Err),
			Panicked: s.Panicked,
		})
		b.Write(text)
	}
	b.WriteString("]\n")
	return b.Flush()
}

// maxErrorText bounds what is shown of an error.
const maxErrorText = 4 << 10

// errorText is what err says. Its code is not ours, and may panic.
func errorText(err error) (text string) {
	if err == nil {
		return ""
	}
	defer func() {
		if recover() != nil {
			text = "an error whose text cannot be told"
		}
	}()
	text = err.Error()
	return text[:min(len(text), maxErrorText)]
}

// callName tells f apart from its variants with other tags.
func callName(f *monkit.Func) string {
	if tags := userTags(f); len(tags) > 0 {
		return f.FullName() + "," + new(monkit.TagSet).SetAll(tags).String()
	}
	return f.FullName()
}

// userTags leaves out those that the name of a function tells already.
func userTags(f *monkit.Func) map[string]string {
	tags := f.Tags().All()
	delete(tags, "name")
	delete(tags, "scope")
	return tags
}
