package influx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"monkit.example/internal/decimal"
	"monkit.example/internal/line"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

var errTags = errors.New("a tag is given twice")

// decoders are shared by all goroutines that decode.
var decoders = sync.Pool{New: func() any { return new(decoder) }}

// decode implements reporters.Decoder for lines whose times have the unit. totals is
// that of Options.
func decode(b *reporters.Batch, p []byte, unit time.Duration, totals bool) int {
	n, first := line.Whole(p), len(b.Points)
	b.Format = Format
	d := decoders.Get().(*decoder)
	d.unit = unit
	text := b.CopyBytes(p[:n])
	for number := 1; len(text) > 0; number++ {
		end := bytes.IndexByte(text, '\n')
		if skipped(text[:end]) {
			b.Skipped++
		} else if err := d.decodeLine(b, text[:end+1]); err != nil {
			b.Reject(ledger.Malformed, bytes.TrimSuffix(text[:end], []byte{'\r'}), located(err, number))
		}
		text = text[end+1:]
	}
	decoders.Put(d)
	reporters.MarkCounters(b.Points[first:], totals)
	return n
}

// skipped reports whether a line is blank or a comment.
func skipped(text []byte) bool {
	text = bytes.TrimLeft(text, blanks)
	return line.Blank(text) || text[0] == '#'
}

// located adds to err where it is in the bytes that were passed to Decode.
func located(err error, number int) error {
	var at *lineprotocol.DecodeError
	if errors.As(err, &at) {
		return fmt.Errorf("line %d, column %d: %w", number, at.Column, at.Err)
	}
	return fmt.Errorf("line %d: %w", number, err)
}

// decoder parses one line at a time. To the parser the input ends with the
// line, so that a quote that is not closed costs no other line.
type decoder struct {
	unit time.Duration // of times

	parser *lineprotocol.Decoder
	unread []byte             // of the current line
	tags   []monkit.SeriesTag // of the current line
	strict bool               // all numbers of the current line, so far, have a strict spelling
	text   []byte             // of a line that was rewritten
}

// Read passes the rest of the line to the parser.
func (d *decoder) Read(p []byte) (int, error) {
	if len(d.unread) == 0 {
		return 0, io.EOF
	}
	n := copy(p, d.unread)
	d.unread = d.unread[n:]
	return n, nil
}

// decodeLine accepts a line, which has its line feed, or returns what is wrong
// in it.
func (d *decoder) decodeLine(b *reporters.Batch, line []byte) error {
	raw := bytes.TrimRight(line, "\r\n")
	if !hasStrayBlanks(raw) && len(line)-len(raw) <= len("\r\n") {
		return d.decodeText(b, line, raw)
	}
	d.text = append(appendStrict(d.text[:0], raw), '\n')
	err := d.decodeText(b, d.text, b.CopyBytes(d.text[:len(d.text)-1]))
	if at := (*lineprotocol.DecodeError)(nil); errors.As(err, &at) {
		return at.Err // the column is that of another text
	}
	return err
}

// decodeText decodes text, which is a line without stray blanks. raw, which is memory
// of b, is the same without its line end.
func (d *decoder) decodeText(b *reporters.Batch, text, raw []byte) error {
	if d.parser == nil {
		d.parser = lineprotocol.NewDecoder(d)
	}
	d.unread, d.strict = text, true
	first := len(b.Points)
	nanos, received, err := d.parse(b)
	if err != nil {
		b.Points = b.Points[:first]
		d.parser, d.unread = nil, nil // the parser would go on in the middle of this line
		return err
	}
	for i := first; i < len(b.Points); i++ {
		b.Points[i].Time = nanos
	}
	if !d.strict {
		d.text = appendStrict(d.text[:0], raw)
		raw = b.CopyBytes(d.text)
	}
	if received || d.unit > time.Nanosecond {
		raw = stamped(b, raw, nanos, received)
	}
	b.AddLine(raw, first)
	return nil
}

// parse appends the points of the line without their time, and returns that.
// received is true if the line has no time, and it is that of the batch.
func (d *decoder) parse(b *reporters.Batch) (nanos int64, received bool, err error) {
	if !d.parser.Next() {
		return 0, false, io.ErrUnexpectedEOF
	}
	key, err := d.parseKey(b)
	if err != nil {
		return 0, false, err
	}
	if err := d.parseFields(b, key); err != nil {
		return 0, false, err
	}
	stamp, err := d.parser.TimeBytes()
	if err != nil || stamp == nil {
		return b.At.UnixNano(), true, err
	}
	nanos, err = parseTime(b, stamp, d.unit)
	return nanos, false, err
}

func (d *decoder) parseKey(b *reporters.Batch) (key monkit.SeriesKey, err error) {
	measurement, err := d.parser.Measurement()
	if err != nil {
		return key, err
	}
	key.Measurement = b.Copy(measurement)
	d.tags = d.tags[:0]
	for {
		k, v, err := d.parser.NextTag()
		if err != nil {
			return key, err
		}
		if k == nil {
			break
		}
		d.tags = append(d.tags, monkit.SeriesTag{Key: b.Copy(k), Val: b.Copy(v)})
	}
	if len(d.tags) > 0 {
		key.Tags = key.Tags.SetTags(d.tags...)
	}
	if key.Tags.Len() != len(d.tags) {
		err = errTags
	}
	clear(d.tags)
	return key, err
}

func (d *decoder) parseFields(b *reporters.Batch, key monkit.SeriesKey) error {
	for {
		k, kind, data, err := d.parser.NextFieldBytes()
		if err != nil || k == nil {
			return err
		}
		v, ok := number(kind, data)
		d.strict = d.strict && (!ok || kind != lineprotocol.Float || decimal.IsStrict(data))
		if !ok && kind != lineprotocol.String {
			return fmt.Errorf("field %q: %q is not a finite %v", k, data, kind)
		}
		if ok {
			field := b.Copy(k)
			b.Points = append(b.Points, reporters.Point{Key: key, Field: field, Value: v})
		}
	}
}

// number returns the value of a field that is not a string. Floats are not
// left to the parser, which accepts infinities and hexadecimal; no server does.
func number(kind lineprotocol.ValueKind, data []byte) (float64, bool) {
	switch kind {
	case lineprotocol.Float:
		return decimal.Parse(data)
	case lineprotocol.Int:
		i, err := strconv.ParseInt(line.String(data), 10, 64)
		return float64(i), err == nil
	case lineprotocol.Uint:
		u, err := strconv.ParseUint(line.String(data), 10, 64)
		return float64(u), err == nil
	case lineprotocol.Bool:
		v, err := lineprotocol.NewValueFromBytes(kind, data)
		if err == nil && v.BoolV() {
			return 1, true
		}
		return 0, err == nil
	}
	return 0, false
}

// stamped returns the line with nanos as its time. received is true if it has none
// yet.
func stamped(b *reporters.Batch, line []byte, nanos int64, received bool) []byte {
	var few [512]byte
	if !received {
		line = line[:bytes.LastIndexByte(line, ' ')]
	}
	line = append(append(few[:0], line...), ' ')
	return b.CopyBytes(strconv.AppendInt(line, nanos, 10))
}
