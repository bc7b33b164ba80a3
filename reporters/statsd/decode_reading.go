package statsd

import (
	"bytes"
	"errors"
	"math"

	"monkit.example/internal/decimal"
	"monkit.example/internal/line"
	"monkit.example/reporters"
)

var (
	errType     = errors.New("want VALUE|TYPE; the type is missing")
	errKind     = errors.New("type is none of c, g, ms, h, d and s, which are those of DogStatsD")
	errValue    = errors.New("value is not a number")
	errInfinite = errors.New("value is not finite")
	errNegative = errors.New("a time in ms is below 0")
	errRate     = errors.New("rate is not a number from 1e-9 to 1e9, written as in |@0.1")
	errScaled   = errors.New("value divided by its rate is not finite")
	errStamp    = errors.New("time is not in whole seconds since 1970, written as in |T1700000000")
	errSection  = errors.New("the part behind the type is none of @RATE, #TAGS, Tseconds and NAME:VALUE")
)

// maxWeight is the most and, inverted, the least observations that a reading may
// stand for. No sender samples one in 1e9; a rate beyond it is a fault, by which one
// line would outweigh all others.
const maxWeight = 1e9

// reading is one or more values with their type, rate and time.
type reading struct {
	kind    []byte
	rate    float64
	at      int64
	stamped bool
	tagged  bool // it has tags, behind which the reference daemon reads nothing
}

// parseReading parses the reading at the start of p and appends its points, or records
// what is wrong with it. It returns the rest of p, and whether that starts with another
// reading.
func (d *decoder) parseReading(p []byte) (rest []byte, more bool) {
	values, rest, ok := bytes.Cut(p, []byte{'|'})
	if !ok {
		d.reject(1+bytes.Count(p, []byte{':'}), p, errType)
		return nil, false
	}
	r := reading{rate: 1, at: d.at}
	r.kind, rest, more = cutType(rest)
	var err error
	for len(rest) > 0 && !more {
		var section []byte
		section, rest, more = cutSection(rest)
		if e := d.parseSection(&r, section); err == nil {
			err = e
		}
	}
	text := p[:len(p)-len(rest)]
	if more {
		text = text[:len(text)-1] // without the colon
	}
	d.addReading(&r, values, text, err)
	return rest, more
}

// cutType returns the type at the start of p, and what follows the bar or colon
// behind it. more is true if that is a colon, by which another reading starts.
func cutType(p []byte) (kind, rest []byte, more bool) {
	for i, c := range p {
		if c == '|' || c == ':' {
			return trim(p[:i]), p[i+1:], c == ':'
		}
	}
	return trim(p), nil, false
}

// cutSection is cutType for a section behind a type. In tags, and in sections that
// start with a word and a colon, a colon starts no reading.
func cutSection(p []byte) (section, rest []byte, more bool) {
	end := bytes.IndexByte(p, '|')
	if end < 0 {
		end = len(p)
	}
	section, rest = trim(p[:end]), p[min(end+1, len(p)):]
	if hasColons(section) {
		return section, rest, false
	}
	if c := bytes.IndexByte(p[:end], ':'); c >= 0 {
		return trim(p[:c]), p[c+1:], true
	}
	return section, rest, false
}

// hasColons reports whether colons are part of section: of tags, or behind a word as
// in the sections c:ID, e:ID and card:LEVEL of DogStatsD.
func hasColons(section []byte) bool {
	if len(section) > 0 && section[0] == '#' {
		return true
	}
	i := 0
	for i < len(section) && section[i] >= 'a' && section[i] <= 'z' {
		i++
	}
	return i > 0 && i < len(section) && section[i] == ':'
}

// parseSection parses a section that follows a type.
func (d *decoder) parseSection(r *reading, p []byte) error {
	if len(p) == 0 {
		return nil // DogStatsD's server accepts it, and it changes nothing
	}
	switch p[0] {
	case '@':
		rate, err := parseNumber(trim(p[1:]))
		if err != nil || rate < 0 {
			return errRate
		}
		r.rate = rate
		return nil
	case '#':
		d.dogstatsdSyntax, r.tagged = true, true
		d.addTags(p[1:], ',', ':')
		return nil
	case 'T':
		d.dogstatsdSyntax = true
		second, ok := decimal.Parse(p[1:])
		if !ok || second < 1 || second >= math.MaxInt64/1e9 || second != math.Trunc(second) {
			return errStamp
		}
		r.at, r.stamped = int64(second)*1e9, true
		return nil
	}
	if hasColons(p) {
		d.dogstatsdSyntax = true
		return nil
	}
	if r.tagged {
		return nil
	}
	return errSection
}

// addReading appends a point without a key for each of the values. err is what is wrong
// with the sections of the reading, which is text.
func (d *decoder) addReading(r *reading, values, text []byte, err error) {
	kind, known := d.kindOf(r.kind)
	if err == nil && !known {
		err = errKind
	}
	set := kind == reporters.SetMember
	if err != nil {
		n := 1
		if !set {
			n += bytes.Count(values, []byte{':'})
		}
		d.reject(n, text, err)
		return
	}
	if set {
		d.addMember(r, values)
		return
	}
	for more := true; more; {
		var value []byte
		value, values, more = bytes.Cut(values, []byte{':'})
		d.dogstatsdSyntax = d.dogstatsdSyntax || more
		if err := d.addValue(r, kind, value); err != nil {
			d.reject(1, text, err)
		}
	}
}

// addMember appends the point of a member of a set, which is any text: also one with
// colons, of which the reference daemon keeps the end. Empty text is the member 0 to it.
func (d *decoder) addMember(r *reading, text []byte) {
	member := line.String(text)
	if member == "" {
		member = "0"
	}
	d.b.Points = append(d.b.Points, reporters.Point{Field: member, Time: r.at, Stamped: r.stamped, Kind: reporters.SetMember})
	d.good++
}

// kindOf returns the kind of points that a type stands for, and reports whether the
// dialect has it. The reference daemon has all: those that it does not know are
// counters, such as m, a meter, and kv.
func (d *decoder) kindOf(t []byte) (kind reporters.Kind, known bool) {
	switch string(t) {
	case "c":
		return reporters.CounterDelta, true
	case "g":
		return reporters.Gauge, true
	case "s":
		return reporters.SetMember, true
	case "ms", "h", "d":
		return reporters.Sample, true
	case "m", "kv":
	default:
		d.unknownType = d.unknownType || !d.dogstatsd
	}
	return reporters.CounterDelta, !d.dogstatsd
}

// addValue appends the point of a value.
func (d *decoder) addValue(r *reading, kind reporters.Kind, value []byte) error {
	v, err := parseNumber(trim(value))
	if err != nil {
		return err
	}
	p := reporters.Point{Value: v, Time: r.at, Stamped: r.stamped, Kind: kind}
	switch kind {
	case reporters.CounterDelta:
		err = scale(&p, r.rate)
	case reporters.Sample:
		if v < 0 && !d.dogstatsd && string(r.kind) == "ms" {
			return errNegative
		}
		err = d.weigh(&p, r.rate)
	default:
		// The reference daemon looks for the sign in front of white space.
		if !d.dogstatsd && (value[0] == '+' || value[0] == '-') {
			p.Kind = reporters.GaugeDelta
		}
	}
	if err != nil {
		return err
	}
	d.b.Points = append(d.b.Points, p)
	d.good++
	return nil
}

// scale divides the value of a counter by its rate.
func scale(p *reporters.Point, rate float64) error {
	if rate == 1 {
		return nil
	}
	if !isRate(rate) {
		return errRate
	}
	if p.Value /= rate; !reporters.Finite(p.Value) {
		return errScaled
	}
	return nil
}

// weigh sets the weight of a sample.
func (d *decoder) weigh(p *reporters.Point, rate float64) error {
	if rate == 1 {
		return nil
	}
	if !isRate(rate) {
		return errRate
	}
	p.SetWeight(1 / rate)
	return nil
}

func isRate(rate float64) bool { return rate >= 1/maxWeight && rate <= maxWeight }
