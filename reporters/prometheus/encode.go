package prometheus

import (
	"math"
	"slices"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

// idleBatches is after how many batches without a value of a series the encoder
// releases what it cached for it.
const idleBatches = 64

// An Encoder writes batches as pages. It caches names and order of the series of
// a collector, so that a page of series that it knows is written without an
// allocation and without sorting. It is for one goroutine at a time.
type Encoder struct {
	prefix string

	entries reporters.Memo[*entry]
	shared  reporters.Memo[string] // the labels of all fields of a series
	labels  labels

	all      []*entry // in no order
	page     []*entry // all, in the order of a page
	dirty    bool     // all has changed since page was made
	received bool     // all has entries of points that were received
	batch    int64    // number of the batch, from 1
	count    Count    // of the batch
}

// Count is what became of the points of a batch.
type Count struct {
	Samples    int // points that were written
	Collisions int // points left out since their sample, by name and labels, was there before
	// Unsupported is points left out since the formats cannot hold them: kinds
	// other than counter and gauge, and points whose series and field have no
	// name.
	Unsupported int
}

// entry is one field of one series, and the sample that it is written as.
type entry struct {
	key   monkit.SeriesKey
	field string
	kind  reporters.Kind
	base  string // prefix and measurement as a name; may be empty
	label string // the labels, without braces

	value float64 // in the batch with the number batch
	batch int64

	// These are set by the layout.

	part   part
	sample string  // name of the sample
	series string  // labels without the quantile
	line   string  // the sample up to its value
	family *family // that the sample belongs to
	repeat bool    // the entry before this one on the page has the same line

	// presumed is set for a count that is taken for one of a distribution
	// without values only because it is 0.
	presumed bool
	grown    bool // the value was not 0 at some time
	wrong    bool // had a value that the type of its family must not have
	released bool // not in Encoder.all
	received bool // its text is valid only as long as its batch
}

// NewEncoder returns an Encoder. Of the options it takes the prefix.
func NewEncoder(o Options) *Encoder { return &Encoder{prefix: o.Prefix} }

// AppendBatch appends the points of b, which are those of one walk, as a whole
// page of format f. Samples have no times.
func (e *Encoder) AppendBatch(dst []byte, b *reporters.Batch, f Format) ([]byte, Count) {
	e.batch++
	e.count = Count{}
	for i := range b.Points {
		e.add(&b.Points[i])
	}
	if e.dirty {
		e.layOut()
	}
	dst = e.appendPage(dst, f)
	e.releaseReceived()
	return dst, e.count
}

// add sets the value of the entry of p.
func (e *Encoder) add(p *reporters.Point) {
	n := e.find(p)
	if n == nil {
		e.count.Unsupported++
		return
	}
	if n.batch == e.batch {
		e.count.Collisions++
		return
	}
	n.batch, n.value = e.batch, p.Value
	if n.released {
		e.keep(n)
	}
	e.dirty = e.dirty || n.misfits()
}

// find returns the entry of p, or nil if the formats cannot hold p.
func (e *Encoder) find(p *reporters.Point) *entry {
	slot, _ := e.entries.Field(p)
	if slot != nil && *slot != nil && (*slot).kind == p.Kind {
		return *slot
	}
	if p.Kind != reporters.Gauge && p.Kind != reporters.Counter {
		return nil
	}
	n := &entry{key: p.Key, field: p.Field, kind: p.Kind, base: metricName(e.prefix, p.Key.Measurement)}
	if n.base == "" && n.field == "" {
		return nil
	}
	if label, fresh := e.shared.Series(p); label != nil {
		if fresh {
			*label = e.labels.of(p.Key.Tags, "", false)
		}
		n.label = *label
	} else {
		n.label = e.labels.of(p.Key.Tags, "", false)
	}
	e.keep(n)
	if slot != nil {
		*slot = n
	} else {
		n.received, e.received = true, true
	}
	return n
}

// keep adds n to the entries of the next layout.
func (e *Encoder) keep(n *entry) {
	n.released = false
	e.all = append(e.all, n)
	e.dirty = true
}

// releaseReceived releases the entries of points that were received.
func (e *Encoder) releaseReceived() {
	if !e.received {
		return
	}
	e.all = slices.DeleteFunc(e.all, func(n *entry) bool { return n.received })
	clear(e.page)
	e.page, e.dirty, e.received = e.page[:0], true, false
}

// misfits reports whether the layout must change because of the value of n.
func (n *entry) misfits() bool {
	if n.part == gauge || n.family == nil {
		return false
	}
	return n.presumed && n.value != 0 || !n.family.unknown && n.part.forbids(n.value)
}

// appendPage appends the entries that the batch has a value for.
func (e *Encoder) appendPage(dst []byte, f Format) []byte {
	var current *family
	written := false // a sample with the line of the entry
	for _, n := range e.page {
		if !n.repeat {
			written = false
		}
		if n.batch != e.batch {
			e.dirty = e.dirty || e.batch-n.batch >= idleBatches
			continue
		}
		if written {
			e.count.Collisions++
			continue
		}
		if n.family != current {
			current = n.family
			dst = append(dst, current.header[f]...)
		}
		dst = append(appendValue(append(dst, n.line...), n.value), '\n')
		e.count.Samples++
		written = true
	}
	if f == OpenMetrics {
		dst = append(dst, "# EOF\n"...)
	}
	return dst
}

// A part is what a sample is in its family. In a summary the parts of a series
// are in this order.
type part uint8

const (
	gauge part = iota
	counter
	quantile
	sum
	count
)

// forbids reports whether OpenMetrics forbids a sample of that part to have the
// value v.
func (p part) forbids(v float64) bool {
	switch p {
	case counter, sum:
		return !(v >= 0)
	case count:
		return !(v >= 0) || v != math.Trunc(v)
	case quantile:
		return v < 0
	}
	return false
}
