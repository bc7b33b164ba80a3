package statsd

import (
	"bytes"
	"encoding/binary"

	"monkit.example/internal/collide"
	"monkit.example/internal/decimal"
	"monkit.example/internal/dotted"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// encoder writes points as lines. It caches the name of each field of a
// collector, and the last value if that is a counter.
type encoder struct {
	*collide.Names
	namer   namer
	datadog bool // a gauge with a sign is a value
	names   reporters.TextMemo
	deltas  reporters.Deltas

	made    name   // of the current point, if it is not in names
	scratch []byte // of appendText
	whole   []byte // scratch of parts
	skips   ledger.Counts
}

func newEncoder(o Options) encoder {
	namer := newNamer(o)
	return encoder{Names: collide.New(namer.written), namer: namer, datadog: o.Dialect == DogStatsD}
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

// appendText appends the name as one text, with the number of the series that has
// claimed it: a field that pauses and comes back has its own number again, while
// its series may have another one.
func (n *name) appendText(dst []byte, series uint32) []byte {
	dst = binary.AppendUvarint(binary.AppendUvarint(dst, uint64(n.head)), uint64(series))
	return append(dst, n.text...)
}

// nameOf returns the name and the number that appendText has appended, in the
// memory of text.
func nameOf(text []byte) (n name, series uint32) {
	head, size := binary.Uvarint(text)
	number, more := binary.Uvarint(text[size:])
	return name{text: text[size+more:], head: int(head)}, uint32(number)
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
		switch {
		case held && e.refuses(&n, p):
			held = false
			e.discard(p, &n)
		case held:
			dst, held = e.appendPoint(dst, p, &n)
		}
		if !held {
			skipped++
		}
	}
	return dst, skipped
}

// BeginListener implements reporters.ListenerEncoder.
func (e *encoder) BeginListener(name string) { e.deltas.BeginListener(name) }

// SkipReasons implements reporters.SkipReasons.
func (e *encoder) SkipReasons() ledger.Counts { return e.skips }

// name returns the name of p, which is valid until the next call.
func (e *encoder) name(p *reporters.Point) name {
	if text := e.names.Field(p); text != nil {
		if n, series := nameOf(text); series == p.Series {
			return n
		}
	}
	e.made.set(&e.namer, p)
	if p.ID != 0 {
		e.scratch = e.made.appendText(e.scratch[:0], p.Series)
		e.names.SetField(p, e.scratch)
	}
	e.claim(&e.made, p)
	return e.made
}

// claim claims the name of p's series.
func (e *encoder) claim(n *name, p *reporters.Point) {
	if n.head > 0 && p.Series != 0 && p.Field != "" {
		series, _ := e.parts(p)
		e.Claim(p, e.Hash(series, n.after()))
	}
}

// endsIn reports whether the last part of the name is field, as it is.
func (n *name) endsIn(field string) bool {
	i := n.head - len(field) - len(":")
	return field != "" && i >= 0 && string(n.text[i:n.head-1]) == field && (i == 0 || n.text[i-1] == '.')
}

// parts returns the name of p in two parts, of which the last is its field, unless
// that is empty. They are valid until the next call.
func (e *encoder) parts(p *reporters.Point) (series, field []byte) {
	e.whole = e.namer.appendWhole(e.whole[:0], p)
	return dotted.CutLast(e.whole)
}

// refuses reports whether p must not be written, since another series or field has
// its name. Counters that have one name are all written: the server adds them up.
func (e *encoder) refuses(n *name, p *reporters.Point) bool {
	if p.Series == 0 {
		return false
	}
	if n.endsIn(p.Field) {
		c := e.Contest(p)
		return c != nil && e.Check(c, p, []byte(p.Field)) == collide.Refuse
	}
	series, field := e.parts(p)
	return e.Check(e.ContestAt(e.Hash(series, n.after()), p), p, field) == collide.Refuse
}

// discard advances the counter of a point that was refused, so that its growth is
// not sent later, when the series has the name.
func (e *encoder) discard(p *reporters.Point, n *name) {
	if p.Kind == reporters.Counter {
		e.deltas.Next(p, n.text)
	}
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
		return e.appendSample(dst, p, n)
	case reporters.SetMember:
		return dst, false
	}
	if v < 0 && !e.datadog {
		dst = n.appendLine(dst, 0, "|g")
	}
	return n.appendLine(dst, v, "|g"), true
}

func (e *encoder) appendGaugeDelta(dst []byte, v float64, n *name) ([]byte, bool) {
	switch {
	case e.datadog:
		return dst, false
	case v == 0:
		return dst, true
	case v < 0:
		return n.appendLine(dst, v, "|g"), true
	}
	dst = append(append(dst, n.before()...), '+')
	return append(append(decimal.AppendPlain(dst, v), "|g"...), '\n'), true
}

// appendSample writes the weight of a sample as its rate.
func (e *encoder) appendSample(dst []byte, p *reporters.Point, n *name) ([]byte, bool) {
	kind := "|ms"
	switch {
	case e.namer.tags:
		kind = "|h"
	case p.Value < 0:
		return dst, false
	}
	dst = append(decimal.AppendPlain(append(dst, n.before()...), p.Value), kind...)
	if w := p.Weight(); w != 1 && w > 0 && reporters.Finite(w) {
		dst = decimal.AppendPlain(append(dst, "|@"...), 1/w)
	}
	return append(append(dst, n.after()...), '\n'), true
}

// Pairs implements reporters.Pairing: a gauge below zero is set to zero first, in the
// same datagram, since datagrams may be lost or overtake each other.
func (e *encoder) Pairs(first, second []byte) bool {
	i := bytes.IndexByte(second, ':') + 1
	return i > 0 && bytes.HasPrefix(second[i:], []byte{'-'}) && bytes.HasPrefix(first, second[:i]) &&
		bytes.HasPrefix(first[i:], []byte("0|g"))
}

func (n *name) appendLine(dst []byte, v float64, kind string) []byte {
	dst = decimal.AppendPlain(append(dst, n.before()...), v)
	dst = append(append(dst, kind...), n.after()...)
	return append(dst, '\n')
}
