package graphite

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"unicode"
	"unicode/utf8"

	"monkit.example/internal/decimal"
	"monkit.example/internal/line"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// The errors are made once, so that many malformed lines cost little.
var (
	errFields = errors.New("want 'path value time', found another number of fields")
	errPath   = errors.New("path has a control character or invalid UTF-8, or nothing but dots")
	errTag    = errors.New("tags must be ';NAME=VALUE', both not empty, no '!' or '^' in the name, no '~' before the value")
	errValue  = errors.New("value is not a decimal number")
	errFinite = errors.New("value is not finite")
	errTime   = errors.New("time is neither seconds since 1970 nor -1 nor N")
	errMillis = errors.New("time is after 2262; if it is in milliseconds, micro- or nanoseconds, have the sender write seconds")
)

// decode implements reporters.Decoder. It copies all whole lines of p at once:
// points and raw lines point into this copy.
func decode(b *reporters.Batch, p []byte) int {
	n := line.Whole(p)
	b.Format = Format
	text := b.CopyBytes(p[:n])
	for len(text) > 0 {
		var raw []byte
		raw, text = line.Cut(text)
		if !decodeCommon(b, raw) {
			decodeAny(b, raw)
		}
	}
	return n
}

// decodeCommon decodes a line with one space between its three fields and an ASCII
// path, as most are, and keeps it as it is. It reports false for any other,
// well-formed or not.
func decodeCommon(b *reporters.Batch, line []byte) bool {
	i := bytes.IndexByte(line, ' ')
	if i <= 0 || len(line) > carbonLine || line[0] == '.' {
		return false
	}
	name, all := line[:i], classes(line[:i])
	if all&^semicolon != 0 {
		return false
	}
	rest := line[i+1:]
	j := bytes.IndexByte(rest, ' ')
	if j < 0 {
		return false
	}
	v, ok := decimal.Parse(rest[:j])
	if !ok || !decimal.IsStrict(rest[:j]) {
		return false
	}
	second, ok := digits(rest[j+1:])
	if !ok || second < second1980 {
		return false
	}
	var tags *monkit.TagSet
	if all != 0 {
		var err error
		if name, tags, err = cutTags(name); err != nil {
			return false
		}
	}
	add(b, line, name, tags, v, second*1e9)
	return true
}

// decodeAny accepts or rejects any line. NULs before it, as gmetad sends one after
// each line feed, are no part of it.
func decodeAny(b *reporters.Batch, line []byte) {
	path, rest := cutField(bytes.TrimLeft(line, "\x00"))
	if len(path) == 0 {
		b.Skipped++
		return
	}
	value, rest := cutField(rest)
	stamp, rest := cutField(rest)
	if more, _ := cutField(rest); len(value) == 0 || len(more) > 0 {
		b.Reject(ledger.Malformed, line, errFields)
		return
	}
	v, err := parseValue(value)
	if err != nil {
		reason := ledger.Malformed
		if err == errFinite {
			reason = ledger.NotFinite
		}
		b.Reject(reason, line, err)
		return
	}
	name, tags, err := parsePath(path)
	if err != nil {
		b.Reject(ledger.Malformed, line, err)
		return
	}
	nanos, received, err := parseStamp(stamp, b)
	if err != nil {
		b.Reject(ledger.Malformed, line, err)
		return
	}
	if !received && nanos < second1980*1e9 {
		b.Hint(hintBefore1980, 1)
	}
	if len(line) > carbonLine {
		b.Hint(hintLongLine, 1)
	}
	if received || !isPlainLine(line, path, value, stamp) {
		line = rewritten(b, path, value, stamp, nanos, received)
	}
	add(b, line, name, tags, v, nanos)
}

// second1980 is the start of 1980. Earlier times come from clocks that are not set,
// or are no seconds.
const second1980 = 315_532_800

var hintBefore1980 = reporters.Hint{
	Name:   "time_before_1980",
	Advice: "times before 1980: the clock of the sender is not set, or it does not write seconds since 1970; a server with a retention drops such values",
}

// carbonLine is the longest line that Carbon reads: MAX_LENGTH of Twisted's
// LineOnlyReceiver.
const carbonLine = 16384

var hintLongLine = reporters.Hint{
	Name:   "line_over_16384_bytes",
	Advice: "Carbon ends the connection at a line of more than 16384 bytes, and loses what is behind it there: if these lines go to Carbon, have their sender write shorter names",
}

// add accepts a line. Its arguments must be memory of b.
func add(b *reporters.Batch, raw, name []byte, tags *monkit.TagSet, v float64, nanos int64) {
	measurement, field := name, []byte(nil)
	if dot := bytes.LastIndexByte(name, '.'); dot >= 0 {
		measurement, field = name[:dot], name[dot+1:]
	}
	f := line.String(field)
	b.Points = append(b.Points, reporters.Point{
		Key:   monkit.SeriesKey{Measurement: line.String(measurement), Tags: tags},
		Field: f, Value: v, Time: nanos,
	})
	b.AddLine(raw, len(b.Points)-1)
}

// cutField returns the first field of line and the rest of line.
func cutField(line []byte) (first, rest []byte) {
	start := 0
	for n := spaceLen(line); n > 0; n = spaceLen(line[start:]) {
		start += n
	}
	end := start
	for end < len(line) && (line[end] > ' ' && line[end] < 0x80 || spaceLen(line[end:]) == 0) {
		end++
	}
	return line[start:end], line[end:]
}

// spaceLen returns the length of the white space character at the start of p, or zero
// if there is none. It is that of Unicode, by which Carbon splits lines: a no-break
// space, as in text from a web page, is no part of a path.
func spaceLen(p []byte) int {
	switch {
	case len(p) == 0:
		return 0
	case p[0] == ' ' || p[0]-'\t' <= '\r'-'\t':
		return 1
	case p[0] < 0x80:
		return 0
	}
	r, n := utf8.DecodeRune(p)
	if !unicode.IsSpace(r) {
		return 0
	}
	return n
}

// Classes of a path's bytes; all other bytes have none.
const (
	control   = 1 << iota // not allowed
	nonASCII              // allowed in valid UTF-8
	semicolon             // before a tag
)

// class has the class of each byte.
var class = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c <= ' ' || c == 0x7f:
			t[c] = control
		case c >= 0x80:
			t[c] = nonASCII
		case c == ';':
			t[c] = semicolon
		}
	}
	return t
}()

// classes returns the classes that bytes of path have.
func classes(path []byte) (all uint8) {
	for _, c := range path {
		all |= class[c]
	}
	return all
}

func parsePath(path []byte) (name []byte, tags *monkit.TagSet, err error) {
	all := classes(path)
	if all&control != 0 || all&nonASCII != 0 && !utf8.Valid(path) {
		return nil, nil, errPath
	}
	return cutTags(path)
}

// cutTags returns what is before the first semicolon of path, and the tags behind it.
func cutTags(path []byte) (name []byte, tags *monkit.TagSet, err error) {
	name = path
	if i := bytes.IndexByte(path, ';'); i >= 0 {
		name = path[:i]
		if tags, err = parseTags(path[i+1:]); err != nil {
			return nil, nil, err
		}
	}
	if len(bytes.Trim(name, ".")) == 0 {
		return nil, nil, errPath
	}
	return name, tags, nil
}

func parseTags(p []byte) (*monkit.TagSet, error) {
	var few [8]monkit.SeriesTag
	tags := few[:0]
	for more := true; more; {
		var one []byte
		one, p, more = bytes.Cut(p, []byte{';'})
		if !isTag(one) {
			return nil, errTag
		}
		key, val, _ := bytes.Cut(one, []byte{'='})
		tags = append(tags, monkit.SeriesTag{Key: line.String(key), Val: line.String(val)})
	}
	return (*monkit.TagSet)(nil).SetTags(tags...), nil
}

// isTag reports whether p is key=value as a tag may be.
func isTag(p []byte) bool {
	key, val, ok := bytes.Cut(p, []byte{'='})
	return ok && len(key) > 0 && len(val) > 0 && val[0] != '~' && !bytes.ContainsAny(key, "!^")
}

func parseValue(p []byte) (float64, error) {
	if v, ok := decimal.Parse(p); ok {
		return v, nil
	}
	if _, err := strconv.ParseFloat(line.String(p), 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return 0, errFinite // or hexadecimal, which no client writes
	}
	return 0, errValue
}

// maxSecond is the last second that fits in nanoseconds.
const maxSecond = math.MaxInt64 / int64(1e9)

// parseStamp returns the time of p. received is true if p has none, and the
// time is that of the batch: Carbon takes each number for that whose whole part is
// -1, such as -1.0.
func parseStamp(p []byte, b *reporters.Batch) (nanos int64, received bool, err error) {
	if s := line.String(p); s == "" || s == "-1" || s == "N" {
		return b.At.UnixNano(), true, nil
	}
	if second, ok := digits(p); ok {
		return second * 1e9, false, nil
	}
	v, ok := decimal.Parse(p)
	switch {
	case ok && v <= -1 && v > -2:
		return b.At.UnixNano(), true, nil
	case !ok || v < 0:
		return 0, false, errTime
	case v >= float64(maxSecond):
		return 0, false, errMillis
	}
	whole, part := math.Modf(v)
	return int64(whole)*1e9 + int64(part*1e9), false, nil
}

// digits parses a whole number of seconds, of at most ten digits, that fits
// in nanoseconds.
func digits(p []byte) (second int64, ok bool) {
	if len(p) == 0 || len(p) > 10 {
		return 0, false
	}
	for _, c := range p {
		if c-'0' > 9 {
			return 0, false
		}
		second = second*10 + int64(c-'0')
	}
	return second, second < maxSecond
}
