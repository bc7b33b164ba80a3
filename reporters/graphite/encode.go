package graphite

import (
	"math"
	"strconv"

	"monkit.example/reporters"
)

// encoder writes points as lines. It caches the path of each series of a
// collector.
type encoder struct {
	namer    namer
	paths    reporters.Memo[path]
	received path // of the current run, if its points were received

	second int64
	stamp  []byte // the end of a line of that second: " second\n"
}

// AppendRun implements reporters.Encoder.
func (e *encoder) AppendRun(dst []byte, run []reporters.Point) (out []byte, skipped int) {
	if !e.setSecond(run[0].Time) {
		return dst, len(run)
	}
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
func (e *encoder) path(p *reporters.Point) *path {
	h, fresh := e.paths.Series(p)
	if h == nil {
		h = &e.received
	}
	if fresh {
		h.set(&e.namer, p.Key)
	}
	return h
}

// setSecond makes stamp the end of a line of that time. It reports false if
// Graphite has no such time.
func (e *encoder) setSecond(nanos int64) bool {
	second, ok := wholeSeconds(nanos)
	if !ok {
		return false
	}
	if len(e.stamp) == 0 || second != e.second {
		e.second = second
		e.stamp = append(strconv.AppendInt(append(e.stamp[:0], ' '), second, 10), '\n')
	}
	return true
}

// wholeSeconds rounds nanos, a time, down to seconds. It reports false for times
// that Carbon cannot store: Whisper has 32 bits without a sign for them, until
// 2106. Of those before 1970, "-1" and "-1.5" would even be taken for the time at
// which the line arrives.
func wholeSeconds(nanos int64) (second int64, ok bool) {
	second = nanos / 1e9
	return second, nanos >= 0 && second <= math.MaxUint32
}
