package statsd

import (
	"monkit.example/internal/decimal"
	"monkit.example/reporters"
)

// encoder writes points as lines. It caches the name of each series of a
// collector, and the last values of counters.
type encoder struct {
	namer  namer
	names  reporters.Memo[name]
	deltas reporters.Deltas

	received name // of the current point, if it was received
}

// name is the text before the value of a line, and after the type.
type name struct{ head, tail []byte }

// AppendRun implements reporters.Encoder.
func (e *encoder) AppendRun(dst []byte, run []reporters.Point) (out []byte, skipped int) {
	for i := range run {
		p := &run[i]
		n := e.name(p)
		held := len(n.head) > 0 && reporters.Finite(p.Value)
		if held {
			dst, held = e.appendPoint(dst, p, n)
		}
		if !held {
			skipped++
		}
	}
	return dst, skipped
}

// name returns the name of p, which is valid until the next call. Its head is
// empty if p has no name.
func (e *encoder) name(p *reporters.Point) *name {
	n, fresh := e.names.Field(p)
	if n == nil {
		n = &e.received
	}
	if fresh {
		n.head = e.namer.appendName(n.head[:0], p)
		n.tail = e.namer.appendTags(n.tail[:0], p.Key.Tags)
		if len(n.head) > 0 {
			n.head = append(n.head, ':')
		}
	}
	return n
}

// appendPoint appends the lines of p and reports whether the dialect can hold
// it.
func (e *encoder) appendPoint(dst []byte, p *reporters.Point, n *name) ([]byte, bool) {
	v := p.Value
	switch p.Kind {
	case reporters.Counter:
		if v = e.delta(p, n); v == 0 {
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

// delta returns by how much a counter grew. The tail is part of the name of a
// series that was received.
func (e *encoder) delta(p *reporters.Point, n *name) float64 {
	if p.ID != 0 {
		return e.deltas.Next(p, nil)
	}
	head := len(n.head)
	n.head = append(n.head, n.tail...)
	v := e.deltas.Next(p, n.head)
	n.head = n.head[:head]
	return v
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
	dst = append(append(dst, n.head...), '+')
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
	dst = decimal.AppendPlain(append(dst, n.head...), v)
	dst = append(append(dst, kind...), n.tail...)
	return append(dst, '\n')
}
