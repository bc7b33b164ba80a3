package tracing

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The drawing, in pixels.
const (
	svgWidth  = 1200
	svgRow    = 16
	svgText   = 11 // height of letters
	svgMargin = 4
	svgLetter = 6.65 // width of one, about
	svgHead   = 2    // rows above the first span
	svgTicks  = 4    // parts of the time that are marked
)

// maxLabel and maxTip bound the letters of a span's label and of what shows
// when the pointer rests on it.
const (
	maxLabel = 160
	maxTip   = 2000
)

// SpansToSVG draws spans along time: one row each, below the row of the span
// that called it, or of the nearest caller that is among spans. It has no
// script. It fails only if w does.
func SpansToSVG(w io.Writer, spans []*FinishedSpan) error {
	cut := max(len(spans)-MaxSpans, 0)
	return writeSVG(w, rowsOf(spans[:len(spans)-cut]), cut)
}

// writeSVG draws rows, from which so many spans were cut.
func writeSVG(w io.Writer, rows []row, cut int) error {
	d := newDrawing(w, rows, cut)
	height := (len(rows)+svgHead)*svgRow + 2*svgMargin
	d.printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="monospace" font-size="%d">`+"\n",
		svgWidth, height, svgText)
	d.printf(`<rect width="%d" height="%d" fill="#fff"/>`+"\n", svgWidth, height)
	d.text(svgMargin, svgMargin+svgText, "start", d.headline())
	d.ruler(height)
	for i := range rows { // below all bars and letters
		d.line(i)
	}
	for i := range rows {
		d.row(i)
	}
	d.printf("</svg>\n")
	return d.out.Flush()
}

// drawing is what the rows of one picture share.
type drawing struct {
	out   *bufio.Writer
	rows  []row
	begin int64 // Unix time in nanoseconds
	total int64 // more than zero
	cut   int   // spans that are not drawn
}

func newDrawing(w io.Writer, rows []row, cut int) *drawing {
	d := &drawing{out: bufio.NewWriter(w), rows: rows, total: 1, cut: cut}
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
	case d.cut > 0:
		s += fmt.Sprintf("  (%d more are not drawn)", d.cut)
	case len(d.rows) >= MaxSpans:
		s += "  (there may be more: no more are collected)"
	}
	return s
}

// ruler marks parts of the time.
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

// line leads from the bar above to the one it called.
func (d *drawing) line(i int) {
	if parent := d.rows[i].parent; parent >= 0 {
		x := d.x(d.rows[i].Start)
		d.printf(`<path d="M%.1f %dV%d" fill="none" stroke="#bbb"/>`+"\n", x, d.y(parent)+svgRow-2, d.y(i)+svgRow/2)
	}
}

// row draws a bar and its label.
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

// label goes beside the bar where there is room, else over it.
func (d *drawing) label(r *row, x, width float64, y int) {
	label := clip(r.label(), maxLabel)
	long := float64(len([]rune(label))) * svgLetter
	switch {
	case x+width+svgMargin+long <= svgWidth:
		d.text(x+width+svgMargin, y+svgText, "start", label)
	case x-svgMargin-long >= 0:
		d.text(x-svgMargin, y+svgText, "end", label)
	default:
		d.text(max(min(x+svgMargin, svgWidth-svgMargin-long), svgMargin), y+svgText, "start", label)
	}
}

// text has letters with a rim, which keeps them readable over lines and bars.
// A style sheet would be shorter, and is refused by pages that allow none.
func (d *drawing) text(x float64, y int, anchor, text string) {
	d.printf(`<text x="%.1f" y="%d" text-anchor="%s" stroke="#fff" stroke-width="2" stroke-opacity=".8" paint-order="stroke">`,
		x, y, anchor)
	d.escape(text)
	d.printf("</text>")
}

func (d *drawing) x(at int64) float64 {
	part := float64(at-d.begin) / float64(d.total)
	return svgMargin + min(max(part, 0), 1)*(svgWidth-2*svgMargin)
}

func (d *drawing) y(row int) int { return svgMargin + (row+svgHead)*svgRow }

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(d.out, format, args...) }

func (d *drawing) escape(text string) { xml.EscapeText(d.out, []byte(text)) }

func (r *record) duration() time.Duration { return time.Duration(r.Finish - r.Start) }

func (r *record) label() string {
	label := r.call + " " + short(r.duration())
	if r.Orphaned {
		label += ", orphaned"
	}
	return label
}

// colour tells how the span ended.
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

// tip is all there is to know about the span.
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

// short rounds to four digits.
func short(d time.Duration) string {
	unit := time.Duration(1)
	for d/unit >= 10_000 || d/unit <= -10_000 {
		unit *= 10
	}
	return d.Round(unit).String()
}

// clip returns at most n runes of s.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	runes := []rune(s[:min(len(s), 4*n)])
	return string(runes[:min(len(runes), n)]) + "…"
}
