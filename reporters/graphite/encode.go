package graphite

import (
	"math"
	"strconv"

	"monkit.example/reporters"
)

// encoder writes points as lines. It keeps the path of each series that has
// an identity, so that a point of it costs two copies and a number.
type encoder struct {
	namer namer
	paths reporters.Memo[[]byte] // each with the space behind it

	second int64
	stamp  []byte // " second\n"
}

// AppendRun implements reporters.Encoder.
func (e *encoder) AppendRun(dst []byte, run []reporters.Point) (out []byte, skipped int) {
	e.setSecond(run[0].Time)
	for i := range run {
		p := &run[i]
		if !reporters.Finite(p.Value) || p.Kind == reporters.Relative {
			skipped++
			continue
		}
		start := len(dst)
		if dst = e.appendPath(dst, p); len(dst) == start {
			skipped++
			continue
		}
		dst = reporters.AppendFloat(dst, p.Value)
		dst = append(dst, e.stamp...)
	}
	return dst, skipped
}

// appendPath appends p's path and a space, or nothing if p has no name.
func (e *encoder) appendPath(dst []byte, p *reporters.Point) []byte {
	path, fresh := e.paths.Field(p)
	if path == nil {
		return e.appendNewPath(dst, p)
	}
	if fresh {
		*path = e.appendNewPath(nil, p)
	}
	return append(dst, *path...)
}

func (e *encoder) appendNewPath(dst []byte, p *reporters.Point) []byte {
	start := len(dst)
	if dst = e.namer.append(dst, p); len(dst) > start {
		dst = append(dst, ' ')
	}
	return dst
}

// setSecond makes the end of a line of that time, once for many points.
func (e *encoder) setSecond(nanos int64) {
	second := wholeSeconds(nanos)
	if len(e.stamp) > 0 && second == e.second {
		return
	}
	e.second = second
	e.stamp = append(strconv.AppendInt(append(e.stamp[:0], ' '), second, 10), '\n')
}

// wholeSeconds rounds down, before 1970 too.
func wholeSeconds(nanos int64) int64 {
	second := nanos / 1e9
	if nanos < 0 && second*1e9 != nanos && nanos > math.MinInt64 {
		second--
	}
	return second
}
