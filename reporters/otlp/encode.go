package otlp

import (
	"hash/maphash"
	"strconv"

	"monkit.example/internal/idlemap"
	"monkit.example/reporters"
)

// Each line is one metric with one point, in JSON, whose only tab stands before
// the point. Since lines are independent, a payload can be halved when a server
// rejects it, and joined with others; document joins the points of one metric.
const (
	pointMark = '\t'
	lineEnd   = "]}}\n"
)

// encoder writes points as lines. It caches the start of the line of each field
// of a collector, and knows since when each counter counts.
type encoder struct {
	fields   reporters.Memo[field]
	received idlemap.Map[sequence] // by the hash of a head: received points have no number
	seed     maphash.Seed
	scratch  field // of the point of a received line

	first    int64 // the start of counters in the first batch
	at       int64 // the time of the batch being written
	previous int64 // the time of the batch before; 0 if there is none
}

// field is the state of one field of a series.
type field struct {
	head []byte // of its lines, up to the times of the point
	kind reporters.Kind
	sequence
}

func newEncoder() *encoder {
	return &encoder{
		seed: maphash.MakeSeed(), first: processStart.UnixNano(), received: idlemap.Map[sequence]{Max: maxSequences},
	}
}

// Name returns Format.
func (e *encoder) Name() string { return Format }

// BeginListener implements reporters.ListenerEncoder.
func (e *encoder) BeginListener(name string) { e.received.Use(name) }

// AppendRun implements reporters.Encoder.
func (e *encoder) AppendRun(dst []byte, run []reporters.Point) (out []byte, skipped int) {
	if t := run[0].Time; run[0].ID != 0 && t != e.at {
		e.previous, e.at = e.at, t
	}
	for i := range run {
		p := &run[i]
		if !holds(p) {
			skipped++
			continue
		}
		dst = e.appendLine(dst, p)
	}
	return dst, skipped
}

// holds reports whether OTLP has a way to write p. A time of 0 means there that
// the time is not known.
func holds(p *reporters.Point) bool {
	if !reporters.Finite(p.Value) || p.Time <= 0 || p.Field == "" && p.Key.Measurement == "" {
		return false
	}
	return p.Kind != reporters.GaugeDelta && p.Kind != reporters.SetMember && (p.Kind != reporters.CounterDelta || p.Value >= 0)
}

func (e *encoder) appendLine(dst []byte, p *reporters.Point) []byte {
	f, fresh := e.fields.Field(p)
	if f == nil {
		return e.appendReceived(dst, p)
	}
	if fresh || f.kind != p.Kind {
		*f = field{head: appendHead(nil, p), kind: p.Kind}
	}
	start := int64(0)
	if counts(p.Kind) {
		start = f.next(p, e.firstStart())
	}
	return appendPoint(append(dst, f.head...), p, start)
}

// firstStart returns since when a counter of this process counts at the latest
// that was not written before: it was zero when the process started, and did not
// exist at the batch before.
func (e *encoder) firstStart() int64 {
	if e.previous != 0 {
		return e.previous
	}
	return e.first
}

// appendReceived appends the line of a point that was received. The start of a
// counter that is not remembered is not known, and left out.
func (e *encoder) appendReceived(dst []byte, p *reporters.Point) []byte {
	e.scratch.head = appendHead(e.scratch.head[:0], p)
	start := int64(0)
	if counts(p.Kind) {
		if s, _ := e.received.Find(maphash.Bytes(e.seed, e.scratch.head)); s != nil {
			start = s.next(p, p.Time)
		}
	}
	return appendPoint(append(dst, e.scratch.head...), p, start)
}

// counts reports whether points of the kind have a start.
func counts(k reporters.Kind) bool { return k == reporters.Counter || k == reporters.CounterDelta }

// appendHead appends the line of p up to the times of the point.
func appendHead(dst []byte, p *reporters.Point) []byte {
	dst = appendString(append(dst, `{"name":`...), nameOf(p))
	if unit := unitOf(p); unit != "" {
		dst = appendString(append(dst, `,"unit":`...), unit)
	}
	dst = append(append(dst, kindText(p.Kind)...), pointMark, '{')
	if p.Key.Tags.Len() > 0 {
		dst = append(appendTags(append(dst, `"attributes":[`...), p.Key.Tags), `],`...)
	}
	return dst
}

// nameOf returns the name of p's metric.
func nameOf(p *reporters.Point) string {
	switch {
	case p.Field == "":
		return p.Key.Measurement
	case p.Key.Measurement == "":
		return p.Field
	}
	return p.Key.Measurement + "." + p.Field
}

// kindText returns the part of a metric between its unit and its points. The
// temporality is 1 for deltas and 2 for cumulative values.
func kindText(k reporters.Kind) string {
	switch k {
	case reporters.Counter:
		return `,"sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[`
	case reporters.CounterDelta:
		return `,"sum":{"aggregationTemporality":1,"isMonotonic":true,"dataPoints":[`
	case reporters.Sample:
		return `,"histogram":{"aggregationTemporality":1,"dataPoints":[`
	}
	return `,"gauge":{"dataPoints":[`
}

// appendPoint appends the rest of the line after its head. A start of 0 is left
// out. The sum of a histogram must not be negative. A sample is a histogram of as many
// equal values as it stands for.
func appendPoint(dst []byte, p *reporters.Point, start int64) []byte {
	if start != 0 {
		dst = append(strconv.AppendInt(append(dst, `"startTimeUnixNano":"`...), start, 10), `",`...)
	}
	dst = append(strconv.AppendInt(append(dst, `"timeUnixNano":"`...), p.Time, 10), '"')
	if p.Kind == reporters.Sample {
		count := p.WholeWeight()
		dst = append(strconv.AppendInt(append(dst, `,"count":"`...), count, 10), '"')
		if sum := p.Value * float64(count); sum >= 0 && reporters.Finite(sum) {
			dst = reporters.AppendFloat(append(dst, `,"sum":`...), sum)
		}
		dst = reporters.AppendFloat(append(dst, `,"min":`...), p.Value)
		dst = reporters.AppendFloat(append(dst, `,"max":`...), p.Value)
	} else {
		dst = reporters.AppendFloat(append(dst, `,"asDouble":`...), p.Value)
	}
	return append(append(dst, '}'), lineEnd...)
}
