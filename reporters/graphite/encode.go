package graphite

import (
	"math"
	"strconv"

	"monkit.example/reporters"
)

// encoder writes points as lines. It keeps the path of each series that has
// an identity: a run of its points reads that once, and writes it with each
// field and number.
type encoder struct {
	namer namer
	paths reporters.Memo[path]
	plain path // of the series at hand, which has no identity

	second int64
	stamp  []byte // " second\n"
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

// path returns the path of p's series.
func (e *encoder) path(p *reporters.Point) *path {
	h, fresh := e.paths.Series(p)
	if h == nil {
		h = &e.plain
	}
	if fresh {
		h.set(&e.namer, p.Key)
	}
	return h
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
