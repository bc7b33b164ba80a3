package present

import (
	"io"
	"strconv"
	"strings"

	"monkit.example/internal/printable"
)

// dotWriter writes a directed graph for Graphviz.
type dotWriter struct{ printer }

func newDotWriter(w io.Writer) dotWriter {
	d := dotWriter{newPrinter(w)}
	d.printf("digraph G {\n node [shape=box];\n")
	return d
}

// node writes a box with left-aligned lines.
func (d dotWriter) node(id int64, lines ...string) {
	d.printf(" f%d [label=\"", id)
	for _, line := range lines {
		d.printf("%s\\l", dotText(line))
	}
	d.printf("\"];\n")
}

func (d dotWriter) edge(from, to int64) { d.printf(" f%d -> f%d;\n", from, to) }

// entry adds the caller "entry" to a node.
func (d dotWriter) entry(id int64) {
	d.printf(" r%d [label=\"entry\"];\n r%d -> f%d;\n", id, id, id)
}

func (d dotWriter) close() error {
	d.printf("}\n")
	return d.printer.close()
}

// dotText returns s with all ASCII but letters, digits and spaces as
// character references, which Graphviz decodes in labels. So s can neither
// end the label nor contain an escape sequence.
func dotText(s string) string {
	var b strings.Builder
	for _, r := range printable.String(s) {
		if plainInDot(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString("&#")
		b.WriteString(strconv.Itoa(int(r)))
		b.WriteByte(';')
	}
	return b.String()
}

func plainInDot(r rune) bool {
	return r == ' ' || r >= 0x80 || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z'
}
