package present

import (
	"fmt"
	"io"

	"monkit.example/internal/webpage"
	"monkit.example/monkit"
	"monkit.example/tracing"
)

// spansView returns a view of the open spans.
func spansView(write func([]*openSpan, io.Writer) error) func(request) (Result, error) {
	return func(req request) (Result, error) {
		return func(w io.Writer) error { return write(req.spans.get(req.registry).roots, w) }, nil
	}
}

// SpansText writes the open spans of r, each below its parent, the oldest
// first. A span whose parent has finished stands below its nearest open
// ancestor. Before each span are its id and that of its trace, in hexadecimal.
func SpansText(r *monkit.Registry, w io.Writer) error { return writeSpans(snapshotSpans(r), w, hexIDs) }

// SpansTextDecimal is SpansText with ids in decimal, as monkit/v3 writes them.
func SpansTextDecimal(r *monkit.Registry, w io.Writer) error {
	return writeSpans(snapshotSpans(r), w, decimalIDs)
}

// spansText is the view of SpansText.
func spansText(req request) (Result, error) {
	ids := hexIDs
	if req.opts.DecimalIDs {
		ids = decimalIDs
	}
	return func(w io.Writer) error { return writeSpans(req.spans.get(req.registry).roots, w, ids) }, nil
}

// hexIDs returns the ids of s and its trace as logs have them.
func hexIDs(s *openSpan) string {
	return tracing.SpanID(s.Id()) + "," + tracing.TraceID(s.Trace())
}

func decimalIDs(s *openSpan) string { return fmt.Sprintf("%d,%d", s.Id(), s.Trace().Id()) }

func writeSpans(roots []*openSpan, w io.Writer, ids func(*openSpan) string) error {
	p := newPrinter(w)
	for _, s := range roots {
		spanText(p, s, "", ids)
		p.printf("\n")
	}
	return p.close()
}

func spanText(p printer, s *openSpan, indent string, ids func(*openSpan) string) {
	orphaned := ""
	if s.Orphaned() {
		orphaned = ", orphaned"
	}
	p.printf("%s[%s] %s (elapsed: %s%s)\n", indent, ids(s), webpage.Printable(s.call()), s.elapsed, orphaned)
	for _, a := range s.Annotations() {
		p.printf("%s  %s\n", indent, webpage.Printable(a.Name+": "+a.Value))
	}
	for _, child := range s.children {
		spanText(p, child, indent+" ", ids)
	}
}

// SpansDot writes the open spans of r as a graph, with an edge from each
// parent to its children.
func SpansDot(r *monkit.Registry, w io.Writer) error { return spansDot(snapshotSpans(r), w) }

func spansDot(roots []*openSpan, w io.Writer) error {
	d := newDotWriter(w)
	for _, s := range roots {
		spanDot(d, s)
	}
	return d.close()
}

func spanDot(d dotWriter, s *openSpan) {
	lines := []string{s.call(), fmt.Sprintf("elapsed: %s", s.elapsed)}
	if s.Orphaned() {
		lines = append(lines, "orphaned")
	}
	for _, a := range s.Annotations() {
		lines = append(lines, a.Name+": "+a.Value)
	}
	d.node(s.Id(), lines...)
	for _, child := range s.children {
		spanDot(d, child)
		d.edge(s.Id(), child.Id())
	}
}

// spanJSON is the form of an open span in /ps/json.
type spanJSON struct {
	tracing.SpanJSON
	Elapsed int64 `json:"elapsed"` // nanoseconds
}

// SpansJSON writes the open spans of r as a JSON array, each before those that
// it called, the oldest first. Ids are numbers, and text in hexadecimal.
func SpansJSON(r *monkit.Registry, w io.Writer) error { return spansJSON(snapshotSpans(r), w) }

func spansJSON(roots []*openSpan, w io.Writer) error {
	a := newJSONArray(w)
	var add func(spans []*openSpan)
	add = func(spans []*openSpan) {
		for _, s := range spans {
			a.add(spanJSON{tracing.JSONOf(s.Span), s.elapsed.Nanoseconds()})
			add(s.children)
		}
	}
	add(roots)
	return a.close()
}
