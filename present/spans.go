package present

import (
	"cmp"
	"fmt"
	"io"

	"monkit.example/internal/printable"
	"monkit.example/monkit"
	"monkit.example/tracing"
)

// SpansText writes the open spans of r, each below its parent. A span whose
// parent has finished stands below its nearest open ancestor.
func SpansText(r *monkit.Registry, w io.Writer) error { return wholeWalk(r).spansText(w) }

func (w walk) spansText(out io.Writer) error {
	p := newPrinter(out)
	w.rootSpans(func(s *monkit.Span) {
		w.spanText(p, s, "")
		p.printf("\n")
	})
	return cmp.Or(w.err(), p.close())
}

func (w walk) spanText(p printer, s *monkit.Span, indent string) {
	orphaned := ""
	if s.Orphaned() {
		orphaned = ", orphaned"
	}
	p.printf("%s[%d,%d] %s (elapsed: %s%s)\n", indent, s.Id(), s.Trace().Id(), printable.String(w.call(s)), s.Duration(), orphaned)
	for _, a := range w.annotations(s) {
		p.printf("%s  %s\n", indent, printable.String(a.Name+": "+a.Value))
	}
	w.children(s, func(child *monkit.Span) { w.spanText(p, child, indent+" ") })
}

// SpansDot writes the open spans of r as a graph, with an edge from each
// parent to its children.
func SpansDot(r *monkit.Registry, w io.Writer) error { return wholeWalk(r).spansDot(w) }

func (w walk) spansDot(out io.Writer) error {
	d := newDotWriter(out)
	w.rootSpans(func(s *monkit.Span) { w.spanDot(d, s) })
	return cmp.Or(w.err(), d.close())
}

func (w walk) spanDot(d dotWriter, s *monkit.Span) {
	lines := []string{w.call(s), fmt.Sprintf("elapsed: %s", s.Duration())}
	if s.Orphaned() {
		lines = append(lines, "orphaned")
	}
	for _, a := range w.annotations(s) {
		lines = append(lines, a.Name+": "+a.Value)
	}
	d.node(s.Id(), lines...)
	w.children(s, func(child *monkit.Span) {
		w.spanDot(d, child)
		d.edge(s.Id(), child.Id())
	})
}

// spanJSON is the form of an open span in /ps/json.
type spanJSON struct {
	tracing.SpanJSON
	Elapsed int64 `json:"elapsed"` // nanoseconds
}

// SpansJSON writes the open spans of r as a JSON array.
func SpansJSON(r *monkit.Registry, w io.Writer) error { return wholeWalk(r).spansJSON(w) }

func (w walk) spansJSON(out io.Writer) error {
	a := newJSONArray(out)
	w.allSpans(func(s *monkit.Span) {
		a.add(spanJSON{w.spanJSON(s), s.Duration().Nanoseconds()})
	})
	return cmp.Or(w.err(), a.close())
}
