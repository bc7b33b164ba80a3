package tracing

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// The drawing, in pixels.
const (
	svgWidth  = 1200
	svgRow    = 16
	svgText   = 11 // height of letters
	svgMargin = 4
	svgLetter = 6.6 // width of one, about
)

// maxLabel and maxTip bound the letters of a span's label and of what shows
// when the pointer rests on it.
const (
	maxLabel = 160
	maxTip   = 2000
)

// SpansToSVG draws spans along time: one row each, below the row of the span
// that called it. It has no script. It fails only if w does.
func SpansToSVG(w io.Writer, spans []*FinishedSpan) error {
	d := newDrawing(spans)
	d.out = bufio.NewWriter(w)
	height := (len(d.rows)+1)*svgRow + 2*svgMargin
	d.printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="monospace" font-size="%d">`+"\n",
		svgWidth, height, svgText)
	d.printf(`<rect width="%d" height="%d" fill="#fff"/>`+"\n", svgWidth, height)
	d.text(svgMargin, svgMargin+svgText, "start", d.headline())
	for i := range d.rows {
		d.row(i)
	}
	d.printf("</svg>\n")
	return d.out.Flush()
}

// drawing is what the rows of one picture share.
type drawing struct {
	out   *bufio.Writer
	rows  []drawn       // in the order of the picture
	rowOf map[int64]int // by the span's id
	begin time.Time
	total time.Duration // more than zero
	cut   int           // spans that are not drawn
}

type drawn struct{ *FinishedSpan }

func newDrawing(spans []*FinishedSpan) *drawing {
	d := &drawing{rowOf: make(map[int64]int), total: 1, cut: max(len(spans)-MaxSpans, 0)}
	sorted := slices.Clone(spans[:len(spans)-d.cut])
	StartTimeSorter(sorted).Sort()
	t := newTree(sorted)
	for _, s := range t.roots {
		t.walk(s, d.add)
	}
	for _, s := range sorted { // those in circles are below no root
		t.walk(s, d.add)
	}
	if len(sorted) > 0 {
		d.begin = sorted[0].Span.Start()
	}
	for _, s := range sorted {
		d.total = max(d.total, s.Finish.Sub(d.begin))
	}
	return d
}

func (d *drawing) add(s *FinishedSpan) {
	d.rowOf[s.Span.Id()] = len(d.rows)
	d.rows = append(d.rows, drawn{s})
}

func (d *drawing) headline() string {
	if len(d.rows) == 0 {
		return "no spans"
	}
	s := fmt.Sprintf("trace %s  %s  %d spans in %s", TraceID(d.rows[0].Span.Trace()),
		d.begin.UTC().Format(time.RFC3339Nano), len(d.rows), d.total)
	if d.cut > 0 {
		s += fmt.Sprintf("  (%d more are not drawn)", d.cut)
	}
	return s
}

// row draws a bar, the line from the bar above that led to it, and its label.
func (d *drawing) row(i int) {
	s := d.rows[i]
	x, y := d.x(s.Span.Start()), d.y(i)
	width := max(d.x(s.Finish)-x, 1)
	if parent, ok := d.parentRow(s); ok && parent < i {
		d.printf(`<path d="M%.1f %dV%dH%.1f" fill="none" stroke="#bbb"/>`, x, d.y(parent)+svgRow-2, y+svgRow/2, x)
	}
	d.printf(`<g><title>`)
	d.escape(clip(s.tip(), maxTip))
	d.printf(`</title><rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`, x, y, width, svgRow-2, s.colour())
	d.label(s, x, width, y)
	d.printf("</g>\n")
}

func (d *drawing) parentRow(s drawn) (int, bool) {
	id, ok := s.Span.ParentId()
	if !ok {
		return 0, false
	}
	row, ok := d.rowOf[id]
	return row, ok
}

// label goes beside the bar where there is room, else over it.
func (d *drawing) label(s drawn, x, width float64, y int) {
	label := clip(fmt.Sprintf("%s %s", callName(s.Span.Func()), s.duration()), maxLabel)
	long := float64(len([]rune(label))) * svgLetter
	switch {
	case x+width+svgMargin+long <= svgWidth:
		d.text(x+width+svgMargin, y+svgText, "start", label)
	case x-svgMargin-long >= 0:
		d.text(x-svgMargin, y+svgText, "end", label)
	default:
		d.text(x+svgMargin, y+svgText, "start", label)
	}
}

func (d *drawing) text(x float64, y int, anchor, text string) {
	d.printf(`<text x="%.1f" y="%d" text-anchor="%s">`, x, y, anchor)
	d.escape(text)
	d.printf("</text>")
}

func (d *drawing) x(at time.Time) float64 {
	part := float64(at.Sub(d.begin)) / float64(d.total)
	return svgMargin + min(max(part, 0), 1)*(svgWidth-2*svgMargin)
}

func (d *drawing) y(row int) int { return svgMargin + (row+1)*svgRow }

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(d.out, format, args...) }

func (d *drawing) escape(text string) { xml.EscapeText(d.out, []byte(text)) }

func (s drawn) duration() time.Duration { return s.Finish.Sub(s.Span.Start()) }

// colour tells how the span ended.
func (s drawn) colour() string {
	switch {
	case s.Panicked:
		return "#f66"
	case s.Err == nil:
		return "#8bf"
	case isCanceled(s.Err):
		return "#fe6"
	}
	return "#fb6"
}

// isCanceled reports whether err comes of a context that was cancelled. The
// error's code is not ours, and may panic.
func isCanceled(err error) (canceled bool) {
	defer func() { recover() }()
	return errors.Is(err, context.Canceled)
}

// tip is all there is to know about the span.
func (s drawn) tip() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s(%s)\n", callName(s.Span.Func()), strings.Join(s.Span.Args(), ", "))
	fmt.Fprintf(&b, "span %s, %s\n", SpanID(s.Span.Id()), s.duration())
	if s.Panicked {
		b.WriteString("panicked\n")
	}
	if s.Err != nil {
		fmt.Fprintf(&b, "error: %s\n", errorText(s.Err))
	}
	if s.Span.Orphaned() {
		b.WriteString("orphaned\n")
	}
	for _, a := range s.Span.Annotations() {
		fmt.Fprintf(&b, "%s: %s\n", a.Name, a.Value)
	}
	return b.String()
}

// clip returns at most n runes of s.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	runes := []rune(s[:min(len(s), 4*n)])
	return string(runes[:min(len(runes), n)]) + "…"
}
