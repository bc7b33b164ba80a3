package influx

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// encoder writes runs as lines. It caches the head of each series of a
// collector.
type encoder struct {
	heads reporters.Memo[[]byte] // "measurement,tag=value "

	line lineprotocol.Encoder
	tags []monkit.SeriesTag // scratch of cleanTags
}

// AppendRun implements reporters.Encoder.
func (e *encoder) AppendRun(dst []byte, run []reporters.Point) (out []byte, skipped int) {
	start := len(dst)
	if !isStored(run[0].Time) {
		return dst, len(run)
	}
	if dst = e.appendHead(dst, &run[0]); len(dst) == start {
		return dst, len(run)
	}
	for i := range run {
		p := &run[i]
		if !reporters.Finite(p.Value) || p.Kind == reporters.GaugeDelta {
			skipped++
			continue
		}
		dst = appendFieldKey(dst, p.Field)
		dst = append(reporters.AppendFloat(dst, p.Value), ',')
	}
	if skipped == len(run) {
		return dst[:start], skipped
	}
	dst[len(dst)-1] = ' '
	return append(strconv.AppendInt(dst, run[0].Time, 10), '\n'), skipped
}

// isStored reports whether the server stores points of that time. It gives the ends
// of the range another meaning.
func isStored(nanos int64) bool { return nanos >= math.MinInt64+2 && nanos < math.MaxInt64 }

// appendHead appends measurement, tags and a space, or nothing if the
// measurement is empty.
func (e *encoder) appendHead(dst []byte, p *reporters.Point) []byte {
	head, fresh := e.heads.Series(p)
	if head == nil {
		return e.appendNewHead(dst, p.Key)
	}
	if fresh {
		*head = e.appendNewHead(nil, p.Key)
	}
	return append(dst, *head...)
}

func (e *encoder) appendNewHead(dst []byte, key monkit.SeriesKey) []byte {
	measurement := strings.TrimLeft(clean(key.Measurement), "#_")
	if measurement == "" {
		return dst
	}
	e.line.SetBuffer(dst)
	e.line.StartLine(measurement)
	for _, tag := range e.cleanTags(key.Tags) {
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
		if tag.Key != "" && tag.Val != "" {
			e.tags = append(e.tags, monkit.SeriesTag{Key: cleanKey(tag.Key), Val: clean(tag.Val)})
		}
	}
	slices.SortStableFunc(e.tags, func(a, b monkit.SeriesTag) int { return strings.Compare(a.Key, b.Key) })
	e.tags = slices.CompactFunc(e.tags, func(a, b monkit.SeriesTag) bool { return a.Key == b.Key })
	return e.tags
}

// appendFieldKey appends the key of a field and "=".
func appendFieldKey(dst []byte, field string) []byte {
	if isPlain(field) {
		return append(append(dst, field...), '=')
	}
	if field == "" {
		field = "value"
	}
	field = cleanKey(field)
	for i := range len(field) {
		if c := field[i]; c == ',' || c == '=' || c == ' ' {
			dst = append(dst, '\\')
		}
		dst = append(dst, field[i])
	}
	return append(dst, '=')
}

// isPlain reports whether a field is written as it is: it has letters, digits and
// underscores only, and is not reserved.
func isPlain(field string) bool {
	for i := range len(field) {
		if c := field[i]; c|0x20-'a' >= 26 && c-'0' >= 10 && (c != '_' || i == 0) {
			return false
		}
	}
	return field != "" && field != "time"
}

// cleanKey is clean for the keys of tags and fields, some of which are
// reserved.
func cleanKey(s string) string {
	s = clean(s)
	switch s {
	case "time", "_field", "_measurement":
		return s + "_"
	}
	return s
}

// clean returns s with every character replaced that a version of the server
// rejects in names.
func clean(s string) string {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '\\' {
			return strings.Map(cleanRune, s)
		}
	}
	return s
}

// cleanRune returns what is written for r. For invalid UTF-8 strings.Map
// writes U+FFFD.
func cleanRune(r rune) rune {
	switch {
	case r == '\\':
		return '/'
	case r < ' ' || r == 0x7f:
		return ' '
	}
	return r
}
