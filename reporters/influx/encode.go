package influx

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"monkit.example/internal/collide"
	"monkit.example/internal/dotted"
	"monkit.example/internal/naming"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// encoder writes runs as lines. It caches the head of each series of a
// collector.
type encoder struct {
	*collide.Names
	prefix string
	global naming.Tags

	heads reporters.TextMemo // "measurement,tag=value "
	made  []byte             // the head of the current run, if it is not in heads
	keys  map[uint32]*keys   // of series some of whose keys are not the fields, by Point.Series

	held int // points of the last run that were added to sums
	line lineprotocol.Encoder
	tags []monkit.SeriesTag // scratch of cleanTags
}

func newEncoder(o Options) *encoder {
	e := &encoder{prefix: o.Prefix, global: naming.NewTags(o.GlobalTags)}
	e.Names = collide.NewSumming(e.written)
	return e
}

// written returns the key of a field of a collector as it is written.
func (e *encoder) written(p *reporters.Point) string {
	key := ""
	if known := e.keys[p.Series].find(p.Field); known != nil {
		key = known.key
	} else {
		key = fieldKey(p.Field)
	}
	return string(appendEscaped(nil, key))
}

// AppendRun implements reporters.Encoder.
func (e *encoder) AppendRun(dst []byte, run []reporters.Point) (out []byte, skipped int) {
	e.held = 0
	start := len(dst)
	head := e.head(&run[0])
	if len(head) == 0 || !isStored(run[0].Time) {
		return dst, len(run)
	}
	contest, names := e.Contest(&run[0]), e.namesOf(run)
	dst = append(dst, head...)
	for i := range run {
		p := &run[i]
		if !reporters.Finite(p.Value) || p.Kind == reporters.GaugeDelta || p.Kind == reporters.SetMember {
			skipped++
			continue
		}
		field := len(dst)
		dst = e.appendField(dst, &names, p)
		if contest != nil {
			if outcome := e.Check(contest, p, dst[field:]); outcome != collide.Write {
				if outcome == collide.Share {
					e.Add(p, head, dst[field:])
					e.held++
				}
				dst = dst[:field]
				skipped++
				continue
			}
		}
		dst = append(reporters.AppendFloat(append(dst, '='), p.Value), ',')
	}
	if skipped == len(run) {
		return dst[:start], skipped
	}
	dst[len(dst)-1] = ' '
	return append(strconv.AppendInt(dst, run[0].Time, 10), '\n'), skipped
}

// Held implements reporters.SumEncoder.
func (e *encoder) Held() int { return e.held }

// AppendSums implements reporters.SumEncoder.
func (e *encoder) AppendSums(dst []byte) []byte {
	e.TakeSums(func(text []byte, total float64, time int64) {
		dst = reporters.AppendFloat(append(append(dst, text...), '='), total)
		dst = append(strconv.AppendInt(append(dst, ' '), time, 10), '\n')
	})
	return dst
}

// isStored reports whether the server stores points of that time. It gives the ends
// of the range another meaning.
func isStored(nanos int64) bool { return nanos >= math.MinInt64+2 && nanos < math.MaxInt64 }

// head returns the head of p's line, which is empty if the measurement is. It is
// valid until the next call.
func (e *encoder) head(p *reporters.Point) []byte {
	if head := e.heads.Series(p); head != nil {
		return head
	}
	e.made = e.appendHead(e.made[:0], p.Key)
	if p.Series != 0 {
		delete(e.keys, p.Series)
		e.heads.SetSeries(p, e.made)
		e.Claim(p, e.Hash(e.made))
	}
	return e.made
}

// appendHead appends measurement, tags and a space, or nothing if the
// measurement is empty. One that would begin a comment, or is reserved, gets an "n"
// before it.
func (e *encoder) appendHead(dst []byte, key monkit.SeriesKey) []byte {
	if key.Measurement == "" {
		return dst
	}
	measurement := clean(e.prefix + key.Measurement)
	if c := measurement[0]; c == '#' || c == '_' {
		measurement = "n" + measurement
	}
	e.line.SetBuffer(dst)
	e.line.StartLine(measurement)
	for _, tag := range e.cleanTags(e.global.Add(key.Tags)) {
		e.line.AddTag(tag.Key, tag.Val)
	}
	if e.line.Err() != nil {
		return dst
	}
	return append(e.line.Bytes(), ' ')
}

// cleanTags returns the tags of set as they are written: sorted, one value per
// key.
func (e *encoder) cleanTags(set *monkit.TagSet) []monkit.SeriesTag {
	e.tags = e.tags[:0]
	for i := range set.Len() {
		tag := set.At(i)
		if tag.Key != "" {
			e.tags = append(e.tags, monkit.SeriesTag{Key: cleanKey(tag.Key), Val: clean(cmp.Or(tag.Val, dotted.NoValue))})
		}
	}
	slices.SortStableFunc(e.tags, func(a, b monkit.SeriesTag) int { return strings.Compare(a.Key, b.Key) })
	e.tags = slices.CompactFunc(e.tags, func(a, b monkit.SeriesTag) bool { return a.Key == b.Key })
	return e.tags
}
