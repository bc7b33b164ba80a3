package influx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"monkit.example/internal/decimal"
	"monkit.example/internal/line"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

var (
	errTags = errors.New("a tag is given twice")
	errTime = errors.New("time is not in nanoseconds since 1970, or is out of range")
)

// decoders are shared by all goroutines that decode.
var decoders = sync.Pool{New: func() any { return new(decoder) }}

// decode implements reporters.Decoder.
func decode(b *reporters.Batch, p []byte) int {
	n := line.Whole(p)
	b.Format = Format
	d := decoders.Get().(*decoder)
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
	return n
}

// skipped reports whether a line is blank or a comment.
func skipped(text []byte) bool {
	return line.Blank(text) || bytes.TrimLeft(text, " \t")[0] == '#'
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
	parser *lineprotocol.Decoder
	unread []byte             // of the current line
	tags   []monkit.SeriesTag // of the current line
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
	if d.parser == nil {
		d.parser = lineprotocol.NewDecoder(d)
	}
	d.unread = line
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
	raw := bytes.TrimRight(line, "\r\n")
	if received {
		raw = stamped(b, raw, nanos)
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
	nanos, err = strconv.ParseInt(line.String(stamp), 10, 64)
	if err != nil || !isStored(nanos) {
		return 0, false, errTime
	}
	return nanos, false, nil
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

// stamped returns the line with the time at which it was received.
func stamped(b *reporters.Batch, line []byte, nanos int64) []byte {
	var few [512]byte
	line = append(append(few[:0], bytes.TrimRight(line, " \t")...), ' ')
	return b.CopyBytes(strconv.AppendInt(line, nanos, 10))
}
