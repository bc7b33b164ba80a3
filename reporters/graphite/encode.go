package graphite

import (
	"encoding/binary"
	"math"
	"strconv"

	"monkit.example/reporters"
)

// encoder writes points as lines. It caches the path of each series of a
// collector.
type encoder struct {
	namer   namer
	paths   reporters.TextMemo
	made    path   // of the current run, if its path is not in paths
	scratch []byte // of appendText

	second int64
	stamp  []byte // the end of a line of that second: " second\n"
}

// AppendRun implements reporters.Encoder.
func (e *encoder) AppendRun(dst []byte, run []reporters.Point) (out []byte, skipped int) {
	e.setSecond(run[0].Time)
	path := e.path(&run[0])
	for i := range run {
		p := &run[i]
		if !reporters.Finite(p.Value) || p.Kind == reporters.GaugeDelta {
			skipped++
			continue
		}
		start := len(dst)
		if dst = path.append(dst, p.Field); len(dst) == start {
			skipped++
			continue
		}
		dst = reporters.AppendFloat(append(dst, ' '), p.Value)
		dst = append(dst, e.stamp...)
	}
	return dst, skipped
}

// path returns the path of p's series. It is valid until the next call.
func (e *encoder) path(p *reporters.Point) path {
	if text := e.paths.Series(p); text != nil {
		return pathOf(text)
	}
	e.made.set(&e.namer, p.Key)
	if p.Series != 0 {
		e.scratch = e.made.appendText(e.scratch[:0])
		e.paths.SetSeries(p, e.scratch)
	}
	return e.made
}

// appendText appends the path as one text.
func (h *path) appendText(dst []byte) []byte {
	dst = binary.AppendUvarint(binary.AppendUvarint(dst, uint64(h.series)), uint64(len(h.before)))
	return append(append(dst, h.before...), h.after...)
}

// pathOf returns the path that appendText has appended, in the memory of text.
func pathOf(text []byte) path {
	series, n := binary.Uvarint(text)
	before, m := binary.Uvarint(text[n:])
	text = text[n+m:]
	return path{before: text[:before:before], series: int(series), after: text[before:]}
}

// setSecond makes stamp the end of a line of that time.
func (e *encoder) setSecond(nanos int64) {
	second := wholeSeconds(nanos)
	if len(e.stamp) > 0 && second == e.second {
		return
	}
	e.second = second
	e.stamp = append(strconv.AppendInt(append(e.stamp[:0], ' '), second, 10), '\n')
}

// wholeSeconds rounds down, also before 1970.
func wholeSeconds(nanos int64) int64 {
	second := nanos / 1e9
	if nanos < 0 && second*1e9 != nanos && nanos > math.MinInt64 {
		second--
	}
	return second
}
