package recent

import (
	"html"
	"strconv"
	"time"
)

// Sparkline configures AppendSparkline. The zero value works.
type Sparkline struct {
	// Width and Height of the image in pixels. Zero means 160 by 28.
	Width, Height int
	// Title is the image's tooltip, and its text for screen readers. It may be
	// any text.
	Title string
	// From and To are the times of the left and right edge. Zero means those
	// of the first and last sample.
	From, To time.Time
}

// margin keeps the width of the line and the dot at its end inside the image.
const margin = 3

// AppendSparkline appends an SVG image of samples, which must be sorted with the
// oldest first: a line with a dot at the newest, in the color of the text around
// it. Without samples the image is empty. Samples that are not finite or not
// between From and To are not drawn. For each column of pixels at most two points
// are drawn, the lowest and the highest, so that no spike is lost.
func AppendSparkline(dst []byte, samples []Sample, o Sparkline) []byte {
	c := newCanvas(samples, o)
	dst = c.appendOpen(dst, o.Title)
	if marks, newest := c.marks(samples); len(marks) > 0 {
		dst = appendLine(dst, marks)
		dst = appendDot(dst, newest)
	}
	return append(dst, "</svg>"...)
}

// canvas maps times and values onto the image.
type canvas struct {
	width, height int
	from, to      time.Time
	low, high     float64
}

// mark is a point of the image in tenths of a pixel, which is fine enough and
// short in the output.
type mark struct{ x, y int }

func newCanvas(samples []Sample, o Sparkline) *canvas {
	c := &canvas{width: o.Width, height: o.Height, from: o.From, to: o.To}
	if c.width <= 2*margin {
		c.width = 160
	}
	if c.height <= 2*margin {
		c.height = 28
	}
	if len(samples) > 0 {
		if c.from.IsZero() {
			c.from = samples[0].At
		}
		if c.to.IsZero() {
			c.to = samples[len(samples)-1].At
		}
	}
	c.scale(samples)
	return c
}

// scale sets the range of the values that are drawn.
func (c *canvas) scale(samples []Sample) {
	first := true
	for _, s := range samples {
		switch {
		case !c.shows(s):
		case first:
			c.low, c.high, first = s.Value, s.Value, false
		default:
			c.low, c.high = min(c.low, s.Value), max(c.high, s.Value)
		}
	}
}

func (c *canvas) shows(s Sample) bool {
	return s.Value-s.Value == 0 && !s.At.Before(c.from) && !s.At.After(c.to)
}

// marks returns the points of samples, at most two for each column of pixels.
func (c *canvas) marks(samples []Sample) (marks []mark, newest mark) {
	column := -1 // of the last marks
	drawn := 0   // number of marks in the column
	for _, s := range samples {
		if !c.shows(s) {
			continue
		}
		m := c.mark(s)
		newest = m
		if m.x/10 != column {
			column, drawn = m.x/10, 0
		}
		if drawn < 2 {
			marks = append(marks, m)
			drawn++
			continue
		}
		extend(marks[len(marks)-2:], m)
	}
	return marks, newest
}

// extend makes a pair of marks span the height of m, too.
func extend(pair []mark, m mark) {
	lo, hi := 0, 1
	if pair[0].y > pair[1].y {
		lo, hi = 1, 0
	}
	pair[lo].y = min(pair[lo].y, m.y)
	pair[hi].y = max(pair[hi].y, m.y)
}

func (c *canvas) mark(s Sample) mark {
	x, y := 1.0, 0.5 // a range of one time, or one value, is at the right, in the middle
	if span := c.to.Sub(c.from); span > 0 {
		x = float64(s.At.Sub(c.from)) / float64(span)
	}
	if c.high > c.low { // halves, because the range itself may be infinite
		y = (s.Value/2 - c.low/2) / (c.high/2 - c.low/2)
	}
	return mark{
		x: 10*margin + int(x*float64(10*(c.width-2*margin))+0.5),
		y: 10*margin + int((1-y)*float64(10*(c.height-2*margin))+0.5),
	}
}

func (c *canvas) appendOpen(dst []byte, title string) []byte {
	dst = append(dst, `<svg xmlns="http://www.w3.org/2000/svg" class="sparkline" role="img" width="`...)
	dst = strconv.AppendInt(dst, int64(c.width), 10)
	dst = append(dst, `" height="`...)
	dst = strconv.AppendInt(dst, int64(c.height), 10)
	dst = append(dst, `" viewBox="0 0 `...)
	dst = strconv.AppendInt(dst, int64(c.width), 10)
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, int64(c.height), 10)
	dst = append(dst, `"><title>`...)
	dst = append(dst, html.EscapeString(printable(title))...)
	return append(dst, `</title>`...)
}

func appendLine(dst []byte, marks []mark) []byte {
	dst = append(dst, `<polyline fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" points="`...)
	for i, m := range marks {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = appendMark(dst, m)
	}
	return append(dst, `"/>`...)
}

func appendDot(dst []byte, m mark) []byte {
	dst = append(dst, `<circle r="2" fill="currentColor" cx="`...)
	dst = appendTenths(dst, m.x)
	dst = append(dst, `" cy="`...)
	dst = appendTenths(dst, m.y)
	return append(dst, `"/>`...)
}

func appendMark(dst []byte, m mark) []byte {
	dst = appendTenths(dst, m.x)
	dst = append(dst, ',')
	return appendTenths(dst, m.y)
}

func appendTenths(dst []byte, n int) []byte {
	dst = strconv.AppendInt(dst, int64(n/10), 10)
	if n%10 != 0 {
		dst = append(dst, '.', byte('0'+n%10))
	}
	return dst
}
