package statsd

import (
	"encoding/binary"

	"monkit.example/internal/decimal"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// encoder writes points as lines. It caches the name of each field of a
// collector, and the last value if that is a counter.
type encoder struct {
	namer  namer
	names  reporters.TextMemo
	deltas reporters.Deltas

	made    name   // of the current point, if it is not in names
	scratch []byte // of appendText
	skips   ledger.Counts
}

// name is what the lines of one field have in common.
type name struct {
	text []byte // the text before the value, and what is after the type
	head int    // the length of the former; 0 if the field has no name
}

func (n *name) set(namer *namer, p *reporters.Point) {
	n.text = namer.appendName(n.text[:0], p)
	if n.head = len(n.text); n.head == 0 {
		return
	}
	n.text = append(n.text, ':')
	n.head++
	n.text = namer.appendTags(n.text, p.Key.Tags)
}

// appendText appends the name as one text.
func (n *name) appendText(dst []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(n.head)), n.text...)
}

// nameOf returns the name that appendText has appended, in the memory of text.
func nameOf(text []byte) name {
	head, n := binary.Uvarint(text)
	return name{text: text[n:], head: int(head)}
}

func (n *name) before() []byte { return n.text[:n.head] }

func (n *name) after() []byte { return n.text[n.head:] }

// AppendRun implements reporters.Encoder.
func (e *encoder) AppendRun(dst []byte, run []reporters.Point) (out []byte, skipped int) {
	clear(e.skips)
	for i := range run {
		p := &run[i]
		n := e.name(p)
		held := n.head > 0 && reporters.Finite(p.Value)
		if held {
			dst, held = e.appendPoint(dst, p, &n)
		}
		if !held {
			skipped++
		}
	}
	return dst, skipped
}

// SkipReasons implements reporters.SkipReasons.
func (e *encoder) SkipReasons() ledger.Counts { return e.skips }

// name returns the name of p, which is valid until the next call.
func (e *encoder) name(p *reporters.Point) name {
	if text := e.names.Field(p); text != nil {
		return nameOf(text)
	}
	e.made.set(&e.namer, p)
	if p.ID != 0 {
		e.scratch = e.made.appendText(e.scratch[:0])
		e.names.SetField(p, e.scratch)
	}
	return e.made
}

// appendPoint appends the lines of p and reports whether the dialect can hold
// it.
func (e *encoder) appendPoint(dst []byte, p *reporters.Point, n *name) ([]byte, bool) {
	v := p.Value
	switch p.Kind {
	case reporters.Counter:
		v, known := e.deltas.Next(p, n.text) // all text of the name identifies a series that was received
		if !known {
			e.skips.Count(ledger.SeriesLimit, 1)
			return dst, false
		}
		if v == 0 {
			return dst, true
		}
		return n.appendLine(dst, v, "|c"), true
	case reporters.CounterDelta:
		if v == 0 {
			return dst, true
		}
		return n.appendLine(dst, v, "|c"), true
	case reporters.GaugeDelta:
		return e.appendGaugeDelta(dst, v, n)
	case reporters.Sample:
		return e.appendSample(dst, v, n)
	}
	if v < 0 && !e.namer.tags {
		dst = n.appendLine(dst, 0, "|g")
	}
	return n.appendLine(dst, v, "|g"), true
}

func (e *encoder) appendGaugeDelta(dst []byte, v float64, n *name) ([]byte, bool) {
	switch {
	case e.namer.tags:
		return dst, false
	case v == 0:
		return dst, true
	case v < 0:
		return n.appendLine(dst, v, "|g"), true
	}
	dst = append(append(dst, n.before()...), '+')
	return append(append(decimal.AppendPlain(dst, v), "|g"...), '\n'), true
}

func (e *encoder) appendSample(dst []byte, v float64, n *name) ([]byte, bool) {
	switch {
	case e.namer.tags:
		return n.appendLine(dst, v, "|h"), true
	case v < 0:
		return dst, false
	}
	return n.appendLine(dst, v, "|ms"), true
}

func (n *name) appendLine(dst []byte, v float64, kind string) []byte {
	dst = decimal.AppendPlain(append(dst, n.before()...), v)
	dst = append(append(dst, kind...), n.after()...)
	return append(dst, '\n')
}
