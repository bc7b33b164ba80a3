package present

import (
	"cmp"
	"fmt"
	"io"

	"monkit.example/internal/printable"
	"monkit.example/monkit"
	"monkit.example/tracing"
)

// spansView returns a view of the open spans.
func spansView(write func(walk, []*openSpan, io.Writer) error) func(request) (Result, error) {
	return func(req request) (Result, error) {
		return func(out io.Writer) error {
			w := req.walk()
			return write(w, req.spans.get(w).roots, out)
		}, nil
	}
}

// SpansText writes the open spans of r, each below its parent, the oldest
// first. A span whose parent has finished stands below its nearest open
// ancestor. Before each span are its id and that of its trace, in hexadecimal.
func SpansText(r *monkit.Registry, w io.Writer) error { return writeAllSpans(r, w, hexIDs) }

// SpansTextDecimal is SpansText with ids in decimal, as monkit/v3 writes them.
func SpansTextDecimal(r *monkit.Registry, w io.Writer) error { return writeAllSpans(r, w, decimalIDs) }

func writeAllSpans(r *monkit.Registry, out io.Writer, ids func(*openSpan) string) error {
	w := wholeWalk(r)
	return w.spansText(w.openSpans(), out, ids)
}

// spansText is the view of SpansText.
func spansText(req request) (Result, error) {
	ids := hexIDs
	if req.opts.DecimalIDs {
		ids = decimalIDs
	}
	return spansView(func(w walk, roots []*openSpan, out io.Writer) error { return w.spansText(roots, out, ids) })(req)
}

// hexIDs returns the ids of s and its trace as logs have them.
func hexIDs(s *openSpan) string {
	return tracing.SpanID(s.Id()) + "," + tracing.TraceID(s.Trace())
}

func decimalIDs(s *openSpan) string { return fmt.Sprintf("%d,%d", s.Id(), s.Trace().Id()) }

func (w walk) spansText(roots []*openSpan, out io.Writer, ids func(*openSpan) string) error {
	p := newPrinter(out)
	w.each(roots, func(s *openSpan) {
		w.spanText(p, s, "", ids)
		p.printf("\n")
	})
	return cmp.Or(w.err(), p.close())
}

func (w walk) spanText(p printer, s *openSpan, indent string, ids func(*openSpan) string) {
	orphaned := ""
	if s.Orphaned() {
		orphaned = ", orphaned"
	}
	p.printf("%s[%s] %s (elapsed: %s%s)\n", indent, ids(s), printable.String(w.call(s)), s.elapsed, orphaned)
	for _, a := range w.annotations(s.Span) {
		p.printf("%s  %s\n", indent, printable.String(a.Name+": "+a.Value))
	}
	w.each(s.children, func(child *openSpan) { w.spanText(p, child, indent+" ", ids) })
}

// SpansDot writes the open spans of r as a graph, with an edge from each
// parent to its children.
func SpansDot(r *monkit.Registry, out io.Writer) error {
	w := wholeWalk(r)
	return w.spansDot(w.openSpans(), out)
}

func (w walk) spansDot(roots []*openSpan, out io.Writer) error {
	d := newDotWriter(out)
	w.each(roots, func(s *openSpan) { w.spanDot(d, s) })
	return cmp.Or(w.err(), d.close())
}

func (w walk) spanDot(d dotWriter, s *openSpan) {
	lines := []string{w.call(s), fmt.Sprintf("elapsed: %s", s.elapsed)}
	if s.Orphaned() {
		lines = append(lines, "orphaned")
	}
	for _, a := range w.annotations(s.Span) {
		lines = append(lines, a.Name+": "+a.Value)
	}
	d.node(s.Id(), lines...)
	w.each(s.children, func(child *openSpan) {
		w.spanDot(d, child)
		d.edge(s.Id(), child.Id())
	})
}

// spanJSON is the form of an open span in /ps/json.
type spanJSON struct {
	tracing.SpanJSON
	Elapsed int64 `json:"elapsed"` // nanoseconds
}

// SpansJSON writes the open spans of r as a JSON array, each before those that
// it called, the oldest first. Ids are numbers, and text in hexadecimal.
func SpansJSON(r *monkit.Registry, out io.Writer) error {
	w := wholeWalk(r)
	return w.spansJSON(w.openSpans(), out)
}

func (w walk) spansJSON(roots []*openSpan, out io.Writer) error {
	a := newJSONArray(out)
	var add func(*openSpan)
	add = func(s *openSpan) {
		a.add(spanJSON{w.spanJSON(s.Span), s.elapsed.Nanoseconds()})
		w.each(s.children, add)
	}
	w.each(roots, add)
	return cmp.Or(w.err(), a.close())
}
