package pickle

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"

	"monkit.example/internal/decimal"
	"monkit.example/reporters"
)

// points runs the pickle p and returns its items, which are valid until the
// next call.
func (m *machine) points(p []byte) ([]ref, error) {
	root, err := m.run(p)
	if err != nil {
		return nil, fmt.Errorf("pickle of %d bytes is refused: %w", len(p), err)
	}
	items, ok := m.itemsOf(m.values[root])
	if !ok {
		return nil, fmt.Errorf("pickle of %d bytes is refused: it is %v and no list of points", len(p), m.values[root].kind)
	}
	return items, nil
}

// appendItem appends an item as a line.
func (m *machine) appendItem(dst []byte, i int, item ref) []byte {
	start := len(dst)
	dst, why := m.appendPoint(dst, item)
	if why != "" {
		return appendRejection(dst[:start], fmt.Sprintf("item %d of the pickle is no point: %s", i, why))
	}
	return dst
}

// appendRejection appends a line that says why something is no point. The
// decoder of Graphite rejects it as malformed, since it has more than three
// fields, so that it is counted, and shown where rejected lines are.
func appendRejection(dst []byte, why string) []byte { return append(append(dst, why...), '\n') }

// appendPoint appends the line of the point (path, (time, value)), or returns
// why it is none.
func (m *machine) appendPoint(dst []byte, item ref) (out []byte, why string) {
	name, second, why := m.pair(item, "(path, (time, value))")
	if why != "" {
		return dst, why
	}
	at, val, why := m.pair(second, "(time, value) after its path")
	if why != "" {
		return dst, why
	}
	path := m.values[name]
	if path.kind != text {
		return dst, "its path is " + path.kind.String()
	}
	if why := checkPath(m.textOf(path)); why != "" {
		return dst, why
	}
	dst = append(append(dst, m.textOf(path)...), ' ')
	if dst, why = m.appendNumber(dst, m.values[val]); why != "" {
		return dst, "its value is " + why
	}
	if dst, why = m.appendNumber(append(dst, ' '), m.values[at]); why != "" {
		return dst, "its time is " + why
	}
	return append(dst, '\n'), ""
}

// pair returns the two items of a tuple or list, or why it has not two.
func (m *machine) pair(item ref, what string) (a, b ref, why string) {
	v := m.values[item]
	items, ok := m.itemsOf(v)
	if !ok {
		return 0, 0, "want " + what + ", found " + v.kind.String()
	}
	if len(items) != 2 {
		return 0, 0, fmt.Sprintf("want %s, found %d items", what, len(items))
	}
	return items[0], items[1], ""
}

// maxQuoted is how many bytes of a path that is rejected are shown.
const maxQuoted = 60

// checkPath returns why p cannot be the path of a line, or "".
func checkPath(p []byte) string {
	switch {
	case len(p) == 0:
		return "its path is empty"
	case !utf8.Valid(p) || bytes.ContainsFunc(p, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return "its path has a space, a control character or invalid UTF-8: " + strconv.QuoteToASCII(string(p[:min(len(p), maxQuoted)]))
	}
	return ""
}

// appendNumber appends a number, or a string that is one, as Carbon reads it. It
// returns what v is if it is neither. The decoder of Graphite examines the
// number.
func (m *machine) appendNumber(dst []byte, v value) (out []byte, why string) {
	switch v.kind {
	case number, boolean:
		return reporters.AppendFloat(dst, v.num), ""
	case text:
		p := m.textOf(v)
		if _, ok := decimal.Parse(p); ok {
			return append(dst, p...), ""
		}
		return dst, "no number: " + strconv.QuoteToASCII(string(p[:min(len(p), maxQuoted)]))
	}
	return dst, v.kind.String()
}
