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

// Measures of the drawing, in units of its viewBox. On a desktop a unit is 1.5
// pixels, on a phone about half a pixel.
const (
	svgWidth  = 720
	svgRow    = 18
	svgBar    = 16
	svgText   = 12 // font size
	svgMargin = 4
	svgLetter = 7.25 // approximate width of a letter
	svgHead   = 3    // rows above the first span
)

// Bounds on the text of a span, in letters.
const (
	maxLabel = 97   // a row of the drawing
	maxTip   = 2000 // in its tooltip
)

// SVGOptions configure SpansToSVGWith. The zero value works.
type SVGOptions struct {
	// Back is the address of the page that leads to the drawing, to which the
	// drawing links under the name BackName. Empty means no link.
	Back, BackName string
}

// SpansToSVG draws spans along a time axis, one row for each span, below the
// row of its caller or of its nearest ancestor that is among spans. It draws at
// most MaxSpans. The picture has no script; its style, which follows the theme
// that the user prefers, is the one that SVGStyleSource allows. SpansToSVG
// returns the errors of w and no others.
func SpansToSVG(w io.Writer, spans []*FinishedSpan) error {
	return SpansToSVGWith(w, spans, SVGOptions{})
}

// SpansToSVGWith is SpansToSVG with options.
func SpansToSVGWith(w io.Writer, spans []*FinishedSpan, o SVGOptions) error {
	omitted := max(len(spans)-MaxSpans, 0)
	return writeSVG(w, rowsOf(spans[:len(spans)-omitted]), omitted, o)
}

// writeSVG draws rows. Its headline shows how many spans were omitted.
func writeSVG(w io.Writer, rows []row, omitted int, o SVGOptions) error {
	d := newDrawing(w, rows, omitted)
	d.printf(`<svg xmlns="http://www.w3.org/2000/svg" class="trace" viewBox="0 0 %d %d" width="100%%" font-family="monospace" font-size="%d">`+"\n",
		svgWidth, d.height, svgText)
	d.printf("<style>%s</style>\n", svgStyle)
	d.printf(`<rect class="paper" width="%d" height="%d" fill="#fff"/>`+"\n", svgWidth, d.height)
	d.head(o)
	d.ruler()
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
	tops    []int // of the rows
	height  int
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
	d.height = svgMargin + svgHead*svgRow
	for i := range rows {
		d.total = max(d.total, rows[i].Finish-d.begin)
		d.tops = append(d.tops, d.height)
		d.height += svgRow
		if rows[i].fault() != "" {
			d.height += svgRow
		}
	}
	d.height += svgMargin
	return d
}

// head draws the link back and two lines about the trace.
func (d *drawing) head(o SVGOptions) {
	lines := d.headlines()
	y := svgMargin + svgText
	if o.Back != "" {
		d.printf(`<a href="`)
		d.escape(o.Back)
		d.printf(`">`)
		d.text(svgMargin, y, "start", "link", "← "+o.BackName)
		d.printf("</a>\n")
		d.text(svgWidth-svgMargin, y, "end", "", lines[0])
	} else {
		d.text(svgMargin, y, "start", "", lines[0])
	}
	d.text(svgMargin, y+svgRow, "start", "", lines[1])
	d.printf("\n")
}

func (d *drawing) headlines() [2]string {
	if len(d.rows) == 0 {
		return [2]string{"no spans"}
	}
	s := fmt.Sprintf("%s  spans: %d in %s", time.Unix(0, d.begin).UTC().Format(time.RFC3339Nano), len(d.rows), time.Duration(d.total))
	switch {
	case d.omitted > 0:
		s += fmt.Sprintf("  (%d more are not drawn)", d.omitted)
	case len(d.rows) >= MaxSpans:
		s += "  (there may be more: no more are collected)"
	}
	return [2]string{"trace " + d.rows[0].Trace.HexID, s}
}

// ruler draws the marks of the time axis.
func (d *drawing) ruler() {
	if len(d.rows) == 0 {
		return
	}
	step := int64(tickStep(time.Duration(d.total)))
	for at := int64(0); at < d.total; at += step {
		x := d.x(d.begin + at)
		d.printf(`<path class="tick" d="M%.1f %dV%d" fill="none" stroke="#eee"/>`, x, svgMargin+2*svgRow, d.height)
		if label := short(time.Duration(at)); x+2+float64(len(label))*svgLetter <= svgWidth {
			d.text(x+2, svgMargin+2*svgRow+svgText, "start", "soft", label)
		}
		if at > d.total-step { // the sum might overflow
			break
		}
	}
	d.printf("\n")
}

// callLine draws a line from the bar of the caller to row i.
func (d *drawing) callLine(i int) {
	if parent := d.rows[i].parent; parent >= 0 {
		x := d.x(d.rows[i].Start)
		d.printf(`<path class="call" d="M%.1f %dV%d" fill="none" stroke="#bbb"/>`+"\n", x, d.tops[parent]+svgBar, d.tops[i]+svgRow/2)
	}
}

// row draws the bar and the label of row i, and below them its error.
func (d *drawing) row(i int) {
	r := &d.rows[i]
	x, y := d.x(r.Start), d.tops[i]
	width := max(d.x(r.Finish)-x, 1)
	class, colour := r.outcome()
	d.printf(`<g><title>`)
	d.escape(clip(r.tip(), maxTip))
	d.printf(`</title><rect class="%s" x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`, class, x, y, width, svgBar, colour)
	d.label(r.label(), "", x, width, y)
	if fault := r.fault(); fault != "" {
		d.label(clip(fault, maxLabel), "fault", x, 0, y+svgRow)
	}
	d.printf("</g>\n")
}

// label draws a label beside a bar, or over it if there is no room.
func (d *drawing) label(label, class string, x, width float64, y int) {
	length := float64(len([]rune(label))) * svgLetter
	switch {
	case x+width+svgMargin+length <= svgWidth:
		d.text(x+width+svgMargin, y+svgText, "start", class, label)
	case x-svgMargin-length >= 0:
		d.text(x-svgMargin, y+svgText, "end", class, label)
	default:
		d.text(max(min(x+svgMargin, svgWidth-svgMargin-length), svgMargin), y+svgText, "start", class, label)
	}
}

// text draws letters with an outline, which keeps them readable over lines and
// bars. Its attributes are for viewers without the style.
func (d *drawing) text(x float64, y int, anchor, class, text string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	d.printf(`<text%s x="%.1f" y="%d" text-anchor="%s" stroke="#fff" stroke-width="2" stroke-opacity=".8" paint-order="stroke">`,
		class, x, y, anchor)
	d.escape(text)
	d.printf("</text>")
}

// x returns the position of a time.
func (d *drawing) x(at int64) float64 {
	part := float64(at-d.begin) / float64(d.total)
	return svgMargin + min(max(part, 0), 1)*(svgWidth-2*svgMargin)
}

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(d.out, format, args...) }

func (d *drawing) escape(text string) { xml.EscapeText(d.out, printable.Text([]byte(text))) }

func (r *record) duration() time.Duration { return time.Duration(r.Finish - r.Start) }

// label returns the call and how long it took, as far as a row has room.
func (r *record) label() string {
	took := " " + short(r.duration())
	if r.Orphaned {
		took += ", orphaned"
	}
	return clip(r.call, maxLabel-len(took)) + took
}

// outcome returns the class of the bar by the outcome of the span, and its
// colour in a light theme.
func (r *record) outcome() (class, colour string) {
	switch {
	case r.Panicked:
		return "panicked", "#f66"
	case r.canceled:
		return "canceled", "#fe6"
	case r.failed:
		return "failed", "#fb6"
	}
	return "passed", "#8bf"
}

// fault returns the text of a failure on one line, or "".
func (r *record) fault() string {
	var parts []string
	if r.Panicked {
		parts = append(parts, "panicked")
	}
	if r.failed {
		parts = append(parts, "error: "+strings.Join(strings.Fields(r.Err), " "))
	}
	return strings.Join(parts, ", ")
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
