package encode

import (
	"bytes"
	"fmt"
	"strings"

	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
)

func graphiteCodec() reporters.Codec { return graphite.NewCodec(graphite.Options{}) }

// printf writes lines with fmt, as marpaia/graphite-golang does with metrics whose
// names and values are texts already. For known series the names exist; for new
// ones they are made.
func printf(fresh bool) *work {
	batch := points()
	w := new(work)
	known := paths(nil, batch)
	var scratch []string
	var buf bytes.Buffer
	w.run = func() {
		all := known
		if fresh {
			scratch = paths(scratch[:0], batch)
			all = scratch
		}
		buf.Reset()
		for i := range batch {
			fmt.Fprintf(&buf, "%s %v %d\n", all[i], batch[i].Value, at.Unix())
		}
		w.text = buf.Bytes()
		if !fresh {
			grow(batch)
		}
	}
	return w
}

// pathChars replaces what a path of Carbon does not allow in its parts.
var pathChars = strings.NewReplacer(".", "_", "/", "_", " ", "_")

func paths(dst []string, batch []reporters.Point) []string {
	for i := range batch {
		dst = append(dst, path(&batch[i]))
	}
	return dst
}

// path returns scope, measurement, name and the other tags with their keys, and field.
func path(p *reporters.Point) string {
	parts := []string{pathChars.Replace(p.Key.Tags.Get("scope")), p.Key.Measurement}
	for i := range p.Key.Tags.Len() {
		switch tag := p.Key.Tags.At(i); tag.Key {
		case "scope":
		case "name":
			parts = append(parts, pathChars.Replace(tag.Val))
		default:
			parts = append(parts, pathChars.Replace(tag.Key), pathChars.Replace(tag.Val))
		}
	}
	return strings.Join(append(parts, p.Field), ".")
}
