package otlp

import (
	"bytes"

	"monkit.example/monkit"
)

// scopeName is the instrumentation scope of all metrics. The scope of a series
// is an attribute of its points, since servers drop the former more often.
const scopeName = "monkit.example/monkit"

// document joins lines into an ExportMetricsServiceRequest. It belongs to one
// goroutine.
type document struct {
	before []byte // the metrics
	after  []byte // the metrics

	groups []group        // scratch of join
	byHead map[string]int // scratch of join: indexes of groups
}

// group is a metric with its points, as they are in lines.
type group struct {
	head   []byte
	points [][]byte
}

func newDocument(resource []monkit.SeriesTag) *document {
	d := &document{after: []byte(`]}]}]}`), byHead: make(map[string]int)}
	d.before = append(d.before, `{"resourceMetrics":[{"resource":{"attributes":[`...)
	for i, attr := range resource {
		if i > 0 {
			d.before = append(d.before, ',')
		}
		d.before = appendAttribute(d.before, attr.Key, attr.Val)
	}
	d.before = append(d.before, `]},"scopeMetrics":[{"scope":{"name":`...)
	d.before = append(appendString(d.before, scopeName), `},"metrics":[`...)
	return d
}

// size returns how much larger than its lines a document can be.
func (d *document) size() int { return len(d.before) + len(d.after) }

// join returns the document of lines, in memory of its own, in which each metric
// is written once, in the order in which the lines have them. It is at most size
// larger than lines.
func (d *document) join(lines []byte) []byte {
	d.group(lines)
	defer d.release()
	out := make([]byte, 0, len(lines)+d.size())
	out = append(out, d.before...)
	for i, g := range d.groups {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, g.head...)
		for j, p := range g.points {
			if j > 0 {
				out = append(out, ',')
			}
			out = append(out, p...)
		}
		out = append(out, lineEnd[:len(lineEnd)-1]...)
	}
	return append(out, d.after...)
}

// group collects the points of each metric of lines.
func (d *document) group(lines []byte) {
	for len(lines) > 0 {
		var line []byte
		line, lines, _ = bytes.Cut(lines, []byte{'\n'})
		head, point, ok := bytes.Cut(line, []byte{pointMark})
		point, ended := bytes.CutSuffix(point, []byte(lineEnd[:len(lineEnd)-1]))
		if !ok || !ended {
			continue // no line of an encoder
		}
		i, ok := d.byHead[string(head)]
		if !ok {
			i = len(d.groups)
			d.byHead[string(head)] = i
			d.groups = append(d.groups, group{head: head})
		}
		d.groups[i].points = append(d.groups[i].points, point)
	}
}

// release empties the groups, which refer to the lines.
func (d *document) release() {
	clear(d.byHead)
	clear(d.groups)
	d.groups = d.groups[:0]
}
