package tracing

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"monkit.example/internal/printable"
)

// Measures of the drawing, in pixels.
const (
	svgWidth  = 1200
	svgRow    = 16
	svgText   = 11 // font size
	svgMargin = 4
	svgLetter = 6.65 // approximate width of a letter
	svgHead   = 2    // rows above the first span
	svgTicks  = 4    // marks on the time axis
)

// Bounds on the text of a span, in letters.
const (
	maxLabel = 160  // beside its bar
	maxTip   = 2000 // in its tooltip
)

// SpansToSVG draws spans along a time axis, one row for each span, below the
// row of its caller or of its nearest ancestor that is among spans. It draws at
// most MaxSpans. The picture has no script. SpansToSVG returns the errors of w
// and no others.
func SpansToSVG(w io.Writer, spans []*FinishedSpan) error {
	omitted := max(len(spans)-MaxSpans, 0)
	return writeSVG(w, rowsOf(spans[:len(spans)-omitted]), omitted)
}

// writeSVG draws rows. Its headline shows how many spans were omitted.
func writeSVG(w io.Writer, rows []row, omitted int) error {
	d := newDrawing(w, rows, omitted)
	height := (len(rows)+svgHead)*svgRow + 2*svgMargin
	d.printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="monospace" font-size="%d">`+"\n",
		svgWidth, height, svgText)
	d.printf(`<rect width="%d" height="%d" fill="#fff"/>`+"\n", svgWidth, height)
	d.text(svgMargin, svgMargin+svgText, "start", d.headline())
	d.ruler(height)
	for i := range rows { // first, so that bars and labels cover the lines
		d.callLine(i)
	}
	for i := range rows {
		d.row(i)
	}
	d.printf("</svg>\n")
	return d.out.Flush()
}

// drawing is the state of one picture.
type drawing struct {
	out     *bufio.Writer
	rows    []row
	begin   int64 // Unix time in nanoseconds
	total   int64 // nanoseconds, more than zero
	omitted int   // spans that are not drawn
}

func newDrawing(w io.Writer, rows []row, omitted int) *drawing {
	d := &drawing{out: bufio.NewWriter(w), rows: rows, total: 1, omitted: omitted}
	if len(rows) > 0 {
		d.begin = rows[0].Start
	}
	for i := range rows {
		d.begin = min(d.begin, rows[i].Start)
	}
	for i := range rows {
		d.total = max(d.total, rows[i].Finish-d.begin)
	}
	return d
}

func (d *drawing) headline() string {
	if len(d.rows) == 0 {
		return "no spans"
	}
	s := fmt.Sprintf("trace %s  %s  spans: %d in %s", d.rows[0].Trace.HexID,
		time.Unix(0, d.begin).UTC().Format(time.RFC3339Nano), len(d.rows), time.Duration(d.total))
	switch {
	case d.omitted > 0:
		s += fmt.Sprintf("  (%d more are not drawn)", d.omitted)
	case len(d.rows) >= MaxSpans:
		s += "  (there may be more: no more are collected)"
	}
	return s
}

// ruler draws the marks of the time axis.
func (d *drawing) ruler(height int) {
	if len(d.rows) == 0 {
		return
	}
	for i := range svgTicks {
		at := d.total / svgTicks * int64(i)
		x := d.x(d.begin + at)
		d.printf(`<path d="M%.1f %dV%d" fill="none" stroke="#eee"/>`, x, svgMargin+svgRow, height)
		d.text(x+2, svgMargin+svgRow+svgText, "start", short(time.Duration(at)))
	}
	d.printf("\n")
}

// callLine draws a line from the bar of the caller to row i.
func (d *drawing) callLine(i int) {
	if parent := d.rows[i].parent; parent >= 0 {
		x := d.x(d.rows[i].Start)
		d.printf(`<path d="M%.1f %dV%d" fill="none" stroke="#bbb"/>`+"\n", x, d.y(parent)+svgRow-2, d.y(i)+svgRow/2)
	}
}

// row draws the bar and the label of row i.
func (d *drawing) row(i int) {
	r := &d.rows[i]
	x, y := d.x(r.Start), d.y(i)
	width := max(d.x(r.Finish)-x, 1)
	d.printf(`<g><title>`)
	d.escape(clip(r.tip(), maxTip))
	d.printf(`</title><rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`, x, y, width, svgRow-2, r.colour())
	d.label(r, x, width, y)
	d.printf("</g>\n")
}

// label draws the label of r beside its bar, or over it if there is no room.
func (d *drawing) label(r *row, x, width float64, y int) {
	label := clip(r.label(), maxLabel)
	length := float64(len([]rune(label))) * svgLetter
	switch {
	case x+width+svgMargin+length <= svgWidth:
		d.text(x+width+svgMargin, y+svgText, "start", label)
	case x-svgMargin-length >= 0:
		d.text(x-svgMargin, y+svgText, "end", label)
	default:
		d.text(max(min(x+svgMargin, svgWidth-svgMargin-length), svgMargin), y+svgText, "start", label)
	}
}

// text draws letters with a white outline, which keeps them readable over
// lines and bars. It sets attributes on each text, because pages with a strict
// content security policy block style sheets.
func (d *drawing) text(x float64, y int, anchor, text string) {
	d.printf(`<text x="%.1f" y="%d" text-anchor="%s" stroke="#fff" stroke-width="2" stroke-opacity=".8" paint-order="stroke">`,
		x, y, anchor)
	d.escape(text)
	d.printf("</text>")
}

// x returns the position of a time.
func (d *drawing) x(at int64) float64 {
	part := float64(at-d.begin) / float64(d.total)
	return svgMargin + min(max(part, 0), 1)*(svgWidth-2*svgMargin)
}

// y returns the position of a row.
func (d *drawing) y(row int) int { return svgMargin + (row+svgHead)*svgRow }

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(d.out, format, args...) }

func (d *drawing) escape(text string) { xml.EscapeText(d.out, printable.Text([]byte(text))) }

func (r *record) duration() time.Duration { return time.Duration(r.Finish - r.Start) }

func (r *record) label() string {
	label := r.call + " " + short(r.duration())
	if r.Orphaned {
		label += ", orphaned"
	}
	return label
}

// colour returns the colour for the outcome of the span.
func (r *record) colour() string {
	switch {
	case r.Panicked:
		return "#f66"
	case r.canceled:
		return "#fe6"
	case r.failed:
		return "#fb6"
	}
	return "#8bf"
}

// tip returns all details of the span, for its tooltip.
func (r *record) tip() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s(%s)\n", r.call, strings.Join(r.Args, ", "))
	fmt.Fprintf(&b, "span %s, %s\n", r.HexID, r.duration())
	if r.Panicked {
		b.WriteString("panicked\n")
	}
	if r.failed {
		fmt.Fprintf(&b, "error: %s\n", r.Err)
	}
	if r.Orphaned {
		b.WriteString("orphaned\n")
	}
	for _, a := range r.Annotations {
		fmt.Fprintf(&b, "%s: %s\n", a[0], a[1])
	}
	return b.String()
}

// short returns d rounded to four digits.
func short(d time.Duration) string {
	unit := time.Duration(1)
	for d/unit >= 10_000 || d/unit <= -10_000 {
		unit *= 10
	}
	return d.Round(unit).String()
}

// clip returns s cut to at most n runes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	runes := []rune(s[:min(len(s), 4*n)])
	return string(runes[:min(len(runes), n)]) + "…"
}
