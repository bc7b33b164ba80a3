package statsd

import (
	"bytes"
	"errors"
	"math"
	"unicode/utf8"

	"monkit.example/internal/decimal"
	"monkit.example/internal/line"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// The errors are made once, so that many malformed lines cost little.
var (
	errName  = errors.New("want 'name:value|type'; the name is missing, or has a control character or invalid UTF-8")
	errType  = errors.New("want 'name:value|type'; the type is missing")
	errKind  = errors.New("type is none of c, g, ms, h, d and s")
	errValue = errors.New("value is not a finite decimal number")
	errRate  = errors.New("rate is not a number above 0")
	errStamp = errors.New("time is not in seconds since 1970")
)

// decode decodes lines of both dialects. dogstatsd selects that of gauges with
// a sign.
func decode(b *reporters.Batch, p []byte, dogstatsd bool) int {
	n := line.Whole(p)
	b.Format = Format
	text := b.CopyBytes(p[:n])
	for len(text) > 0 {
		var raw []byte
		raw, text = line.Cut(text)
		if len(bytes.TrimLeft(raw, " \t")) == 0 {
			b.Skipped++
			continue
		}
		first := len(b.Points)
		if err := decodeLine(b, raw, dogstatsd); err != nil {
			b.Points = b.Points[:first]
			reason := ledger.Malformed
			if err == errKind {
				reason = ledger.Unsupported
			}
			b.Reject(reason, raw, err)
			continue
		}
		b.AddLine(raw, first)
	}
	return n
}

// decodeLine appends the points of raw, which must be memory of b.
func decodeLine(b *reporters.Batch, raw []byte, dogstatsd bool) error {
	if bytes.HasPrefix(raw, []byte("_e{")) || bytes.HasPrefix(raw, []byte("_sc|")) {
		return checkText(raw)
	}
	name, rest, _ := bytes.Cut(raw, []byte{':'})
	if len(name) == 0 || checkText(raw) != nil {
		return errName
	}
	first := len(b.Points)
	key := monkit.SeriesKey{Measurement: line.String(name)}
	at := b.At.UnixNano()
	for more := true; more; {
		r := reading{rate: 1, at: at}
		var err error
		if rest, more, err = r.parse(rest); err != nil {
			return err
		}
		if err := r.appendPoints(b, dogstatsd); err != nil {
			return err
		}
		if r.tags != nil {
			key.Tags = r.tags
		}
	}
	for i := first; i < len(b.Points); i++ {
		b.Points[i].Key = key
	}
	return nil
}

// checkText returns an error if line has bytes that the format does not allow.
func checkText(line []byte) error {
	ascii := true
	for _, c := range line {
		if c < ' ' || c == 0x7f {
			return errName
		}
		ascii = ascii && c < 0x80
	}
	if !ascii && !utf8.Valid(line) {
		return errName
	}
	return nil
}

// reading is one or more values with their type, rate, time and tags.
type reading struct {
	values, kind []byte
	rate         float64
	at           int64
	tags         *monkit.TagSet
}

// parse parses a reading at the start of p. It returns the rest of p, and
// whether that starts with another reading.
func (r *reading) parse(p []byte) (rest []byte, more bool, err error) {
	values, p, ok := bytes.Cut(p, []byte{'|'})
	if !ok {
		return nil, false, errType
	}
	r.values = values
	r.kind, p, more = cutSection(p, true)
	for len(p) > 0 && !more {
		var section []byte
		section, p, more = cutSection(p, p[0] == '@')
		if err := r.parseSection(section); err != nil {
			return nil, false, err
		}
	}
	return p, more, nil
}

// cutSection returns p up to the next "|", or up to the next colon if colon is
// true: there a colon starts another reading.
func cutSection(p []byte, colon bool) (section, rest []byte, more bool) {
	i := bytes.IndexByte(p, '|')
	if i < 0 {
		i = len(p)
	}
	if colon {
		if c := bytes.IndexByte(p[:i], ':'); c >= 0 {
			return p[:c], p[c+1:], true
		}
	}
	return p[:i], p[min(i+1, len(p)):], false
}

// parseSection parses what other formats need. All else is only part of the
// raw line.
func (r *reading) parseSection(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	switch p[0] {
	case '@':
		rate, ok := decimal.Parse(p[1:])
		if !ok || rate <= 0 {
			return errRate
		}
		r.rate = rate
	case '#':
		r.tags = parseTags(p[1:])
	case 'T':
		second, ok := decimal.Parse(p[1:])
		if !ok || second < 0 || second >= math.MaxInt64/1e9 {
			return errStamp
		}
		r.at = int64(second) * 1e9
	}
	return nil
}

func parseTags(p []byte) *monkit.TagSet {
	var few [8]monkit.SeriesTag
	tags := few[:0]
	for len(p) > 0 {
		var one []byte
		one, p, _ = bytes.Cut(p, []byte{','})
		key, val, _ := bytes.Cut(one, []byte{':'})
		if len(key) > 0 {
			tags = append(tags, monkit.SeriesTag{Key: line.String(key), Val: line.String(val)})
		}
	}
	return (*monkit.TagSet)(nil).SetTags(tags...)
}

// appendPoints appends a point without a key for each value.
func (r *reading) appendPoints(b *reporters.Batch, dogstatsd bool) error {
	kind := reporters.Gauge
	switch string(r.kind) {
	case "c":
		kind = reporters.CounterDelta
	case "g":
	case "ms", "h", "d":
		kind = reporters.Sample
	case "s":
		b.Points = append(b.Points, reporters.Point{Field: line.String(r.values), Time: r.at, Kind: reporters.SetMember})
		return nil
	default:
		return errKind
	}
	values := r.values
	for more := true; more; {
		var value []byte
		value, values, more = bytes.Cut(values, []byte{':'})
		v, ok := decimal.Parse(value)
		if !ok {
			return errValue
		}
		p := reporters.Point{Value: v, Time: r.at, Kind: kind}
		if kind == reporters.CounterDelta {
			if p.Value /= r.rate; !reporters.Finite(p.Value) {
				return errRate
			}
		}
		if kind == reporters.Gauge && !dogstatsd && (value[0] == '+' || value[0] == '-') {
			p.Kind = reporters.GaugeDelta
		}
		b.Points = append(b.Points, p)
	}
	return nil
}
