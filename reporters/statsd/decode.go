package statsd

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"monkit.example/internal/line"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// The errors are made once, so that many malformed lines cost little.
var (
	errShape   = errors.New("want NAME:VALUE|TYPE; there is no colon")
	errName    = errors.New("want NAME:VALUE|TYPE; the name is empty, or has no letter, digit or other character that names may have")
	errControl = errors.New("the line has a control character")
	errUTF8    = errors.New("the line is not valid UTF-8")
)

// decoder decodes the lines of one call of Decode.
type decoder struct {
	b         *reporters.Batch
	at        int64 // time of readings that have none
	dogstatsd bool  // the dialect

	dogstatsdLines, typeLines, tagLines int64 // accepted lines for which a hint holds

	lineState
	tags []monkit.SeriesTag // scratch: of the current line, those in its name first
}

// lineState is what is known of the current line.
type lineState struct {
	good     int    // readings that count
	bad      int64  // readings that do not
	firstBad []byte // the first of these
	firstErr error  // and what is wrong with it

	nameTags int // how many of the tags are in the name

	dogstatsdSyntax, unknownType, keylessTag bool
}

// decode decodes lines of a dialect. It counts hints for another dialect unless the
// dialect was chosen.
func decode(b *reporters.Batch, p []byte, dialect Dialect, chosen bool) int {
	n := line.Whole(p)
	b.Format = Format
	text := b.CopyBytes(p[:n])
	d := decoder{b: b, at: b.At.UnixNano(), dogstatsd: dialect == DogStatsD}
	for len(text) > 0 {
		var raw []byte
		raw, text = line.Cut(text)
		if len(raw) == 0 || raw[0] <= ' ' && len(bytes.TrimLeft(raw, " \t")) == 0 {
			b.Skipped++
			continue
		}
		d.decodeLine(raw)
	}
	d.addHints(chosen)
	return n
}

// decodeLine adds raw, which must be memory of the batch. The line is accepted if one
// of its readings counts; bad readings are counted apart then.
func (d *decoder) decodeLine(raw []byte) {
	d.lineState, d.tags = lineState{}, d.tags[:0]
	first := len(d.b.Points)
	err := d.parseLine(raw)
	if err != nil {
		d.b.Points = d.b.Points[:first]
		d.b.Reject(reasonOf(err), raw, err)
		return
	}
	d.b.AddLine(raw, first)
	if d.bad > 0 {
		d.b.RejectReadings(d.bad, raw, d.firstBad, d.firstErr)
	}
	d.countHints()
}

// reasonOf returns the reason by which a line with err is counted.
func reasonOf(err error) ledger.Reason {
	switch err {
	case errKind:
		return ledger.Unsupported
	case errInfinite, errScaled:
		return ledger.NotFinite
	}
	return ledger.Malformed
}

// parseLine appends the points of raw. It returns an error if none of its readings
// counts: that of the first.
func (d *decoder) parseLine(raw []byte) error {
	if err := checkText(raw); err != nil {
		return err
	}
	if raw[0] == '_' && (bytes.HasPrefix(raw, []byte("_e{")) || bytes.HasPrefix(raw, []byte("_sc|"))) {
		d.dogstatsdSyntax = true
		return nil
	}
	name, rest, ok := bytes.Cut(raw, []byte{':'})
	if !ok {
		return errShape
	}
	if name = d.parseName(name); len(name) == 0 {
		return errName
	}
	first := len(d.b.Points)
	for more := true; more; {
		rest, more = d.parseReading(rest)
	}
	if d.good == 0 {
		return d.firstErr
	}
	key := monkit.SeriesKey{Measurement: line.String(name), Tags: d.tagSet()}
	for i := first; i < len(d.b.Points); i++ {
		d.b.Points[i].Key = key
	}
	return nil
}

// reject records that n readings, the text, do not count.
func (d *decoder) reject(n int, text []byte, err error) {
	if d.bad == 0 {
		d.firstBad, d.firstErr = text, err
	}
	d.bad += int64(n)
}

// Bits of textClasses.
const (
	control = 1 << iota // no character of a line
	beyond              // part of one beyond ASCII
)

var textClasses = func() (classes [256]uint8) {
	for c := range classes {
		switch {
		case c >= utf8.RuneSelf:
			classes[c] = beyond
		case c < ' ' && !isSpace(rune(c)) || c == 0x7f:
			classes[c] = control
		}
	}
	return classes
}()

// checkText returns an error if line has bytes that the format does not allow. White
// space is allowed: see isSpace.
func checkText(line []byte) error {
	var found uint8
	for _, c := range line {
		found |= textClasses[c]
	}
	switch {
	case found == 0:
		return nil
	case found&control != 0:
		return errControl
	case !utf8.Valid(line):
		return errUTF8
	}
	return nil
}
