package present

import (
	"io"

	"monkit.example/monkit"
)

// spanJSON is a live span as /ps/json has it.
type spanJSON struct {
	ID          int64       `json:"id"`
	HexID       hexID       `json:"id_hex"`
	ParentID    *int64      `json:"parent_id,omitempty"`
	ParentHexID *hexID      `json:"parent_id_hex,omitempty"`
	Func        spanFunc    `json:"func"`
	Trace       spanTrace   `json:"trace"`
	Start       int64       `json:"start"`   // Unix time in nanoseconds
	Elapsed     int64       `json:"elapsed"` // nanoseconds
	Orphaned    bool        `json:"orphaned"`
	Args        []string    `json:"args"`
	Annotations [][2]string `json:"annotations"`
}

type spanFunc struct {
	Package string            `json:"package"`
	Name    string            `json:"name"`
	Tags    map[string]string `json:"tags,omitempty"`
}

type spanTrace struct {
	ID    int64 `json:"id"`
	HexID hexID `json:"id_hex"`
}

// SpansJSON writes the live spans of r as an array.
func SpansJSON(r *monkit.Registry, w io.Writer) error {
	l := &list{printer: newPrinter(w)}
	l.open()
	r.AllSpans(func(s *monkit.Span) { l.add(spanOf(s)) })
	return l.close()
}

func spanOf(s *monkit.Span) spanJSON {
	out := spanJSON{
		ID:          s.Id(),
		HexID:       hexID(s.Id()),
		Func:        spanFunc{s.Func().Scope().Name(), s.Func().ShortName(), userTags(s.Func().Tags()).All()},
		Trace:       spanTrace{s.Trace().Id(), hexID(s.Trace().Id())},
		Start:       s.Start().UnixNano(),
		Elapsed:     s.Duration().Nanoseconds(),
		Orphaned:    s.Orphaned(),
		Args:        append([]string{}, s.Args()...), // [] if there are none, not null
		Annotations: [][2]string{},
	}
	if id, ok := s.ParentId(); ok {
		hex := hexID(id)
		out.ParentID, out.ParentHexID = &id, &hex
	}
	for _, a := range s.Annotations() {
		out.Annotations = append(out.Annotations, [2]string{a.Name, a.Value})
	}
	return out
}
