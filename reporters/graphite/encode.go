package graphite

import (
	"encoding/binary"
	"math"
	"strconv"

	"monkit.example/internal/collide"
	"monkit.example/internal/dotted"
	"monkit.example/reporters"
)

// encoder writes points as lines. It caches the path of each series of a
// collector.
type encoder struct {
	*collide.Names
	namer   namer
	paths   reporters.TextMemo
	made    path   // of the current run, if its path is not in paths
	scratch []byte // of appendText

	held   int    // points of the last run that were added to sums
	field  []byte // scratch of check
	second int64
	stamp  []byte // the end of a line of that second: " second\n"
}

func newEncoder(o Options) encoder {
	return encoder{Names: collide.NewSumming(writtenField), namer: newNamer(o)}
}

// writtenField returns p's field as it is written.
func writtenField(p *reporters.Point) string {
	return string(dotted.Graphite.AppendField(nil, 0, p.Field))
}

// AppendRun implements reporters.Encoder.
func (e *encoder) AppendRun(dst []byte, run []reporters.Point) (out []byte, skipped int) {
	e.held = 0
	if !e.setSecond(run[0].Time) {
		return dst, len(run)
	}
	path := e.path(&run[0])
	contest := e.Contest(&run[0])
	for i := range run {
		p := &run[i]
		if !reporters.Finite(p.Value) || p.Kind == reporters.GaugeDelta || p.Kind == reporters.SetMember {
			skipped++
			continue
		}
		start := len(dst)
		if dst = path.append(dst, p.Field); len(dst) == start {
			skipped++
			continue
		}
		var outcome collide.Outcome
		if outcome, contest = e.check(contest, &path, p); outcome != collide.Write {
			if outcome == collide.Share {
				e.Add(p, dst[start:])
				e.held++
			}
			dst = dst[:start]
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
		e.Claim(p, e.Hash(e.made.name(), e.made.after))
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

// Held implements reporters.SumEncoder.
func (e *encoder) Held() int { return e.held }

// AppendSums implements reporters.SumEncoder.
func (e *encoder) AppendSums(dst []byte) []byte {
	e.TakeSums(func(text []byte, total float64, time int64) {
		e.setSecond(time) // which it could for the points
		dst = reporters.AppendFloat(append(append(dst, text...), ' '), total)
		dst = append(dst, e.stamp...)
	})
	return dst
}

// check says what becomes of p, since another series or field may have its name.
// c is the contest of the series, which may be another one afterwards.
func (e *encoder) check(c *collide.Contest, h *path, p *reporters.Point) (collide.Outcome, *collide.Contest) {
	if p.Field != "" && dotted.Graphite.Holds(p.Field) {
		if c == nil {
			return collide.Write, nil
		}
		return e.Check(c, p, []byte(p.Field)), c
	}
	e.field = dotted.Graphite.AppendField(e.field[:0], 0, p.Field)
	series, field := h.name(), e.field
	if len(field) == 0 {
		series, field = dotted.CutLast(series)
	}
	outcome := e.Check(e.ContestAt(e.Hash(series, h.after), p), p, field)
	return outcome, e.Contest(p)
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
