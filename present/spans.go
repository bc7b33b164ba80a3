package present

import (
	"fmt"
	"io"
	"strings"

	"monkit.example/internal/webpage"
	"monkit.example/monkit"
	"monkit.example/tracing"
)

// SpansText writes the open spans of r, each below its parent. A span whose
// parent has finished stands below its nearest open ancestor.
func SpansText(r *monkit.Registry, w io.Writer) error {
	p := newPrinter(w)
	r.RootSpans(func(s *monkit.Span) {
		spanText(p, s, "")
		p.printf("\n")
	})
	return p.close()
}

func spanText(p printer, s *monkit.Span, indent string) {
	orphaned := ""
	if s.Orphaned() {
		orphaned = ", orphaned"
	}
	p.printf("%s[%d,%d] %s (elapsed: %s%s)\n", indent, s.Id(), s.Trace().Id(), webpage.Printable(call(s)), s.Duration(), orphaned)
	for _, a := range s.Annotations() {
		p.printf("%s  %s\n", indent, webpage.Printable(a.Name+": "+a.Value))
	}
	s.Children(func(child *monkit.Span) { spanText(p, child, indent+" ") })
}

// call returns the function of s with the arguments of this run.
func call(s *monkit.Span) string {
	return fmt.Sprintf("%s(%s)", fullName(s.Func()), strings.Join(s.Args(), ", "))
}

// SpansDot writes the open spans of r as a graph, with an edge from each
// parent to its children.
func SpansDot(r *monkit.Registry, w io.Writer) error {
	d := newDotWriter(w)
	r.RootSpans(func(s *monkit.Span) { spanDot(d, s) })
	return d.close()
}

func spanDot(d dotWriter, s *monkit.Span) {
	lines := []string{call(s), fmt.Sprintf("elapsed: %s", s.Duration())}
	if s.Orphaned() {
		lines = append(lines, "orphaned")
	}
	for _, a := range s.Annotations() {
		lines = append(lines, a.Name+": "+a.Value)
	}
	d.node(s.Id(), lines...)
	s.Children(func(child *monkit.Span) {
		spanDot(d, child)
		d.edge(s.Id(), child.Id())
	})
}

// spanJSON is the form of an open span in /ps/json.
type spanJSON struct {
	tracing.SpanJSON
	Elapsed int64 `json:"elapsed"` // nanoseconds
}

// SpansJSON writes the open spans of r as a JSON array.
func SpansJSON(r *monkit.Registry, w io.Writer) error {
	a := newJSONArray(w)
	r.AllSpans(func(s *monkit.Span) {
		a.add(spanJSON{tracing.JSONOf(s), s.Duration().Nanoseconds()})
	})
	return a.close()
}
