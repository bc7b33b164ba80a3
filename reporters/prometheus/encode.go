package prometheus

import (
	"math"

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
	labels labels

	refs   reporters.Memo[ref]
	shared reporters.Memo[string] // the labels of all fields of a series

	// entries and cells have the same indices. Of an entry that was released
	// the element is nil, and its index is in free.
	entries []*entry
	cells   []cell
	free    []uint32
	serial  uint32 // of the last entry

	rows     []row
	shares   map[string]*share // by the lines of rows
	dirty    bool              // rows must be made again
	received bool              // there are entries of points that were received

	batch uint32 // number of the batch, from 1
	count Count  // of the batch
}

// Count is what became of the points of a batch.
type Count struct {
	Samples    int // points that were written
	Added      int // counters that were added to the sample of another one of that name and labels
	Collisions int // points left out since their sample, by name and labels, was there before
	// Unsupported is points left out since the formats cannot hold them: kinds
	// other than counter and gauge, and points whose series and field have no
	// name.
	Unsupported int
}

// ref finds the entry of a point. If the serial number is not that of the cell,
// the entry was released.
type ref struct{ index, serial uint32 }

// cell is the part of an entry that every batch uses. Cells are small and in the
// order of a walk, and rows in that of a page, because following a pointer to
// each entry takes longer than all the rest.
type cell struct {
	value    float64
	batch    uint32 // number of the last batch that had a value
	serial   uint32
	kind     reporters.Kind
	part     part
	presumed bool // a count taken for one of a distribution without values only because it is 0
	unknown  bool // the type of its family is unknown
}

// row is one line of a page.
type row struct {
	line   string // the sample up to its value
	family *family
	index  uint32 // of the entry
	repeat bool   // the row before has the same line
	share  *share // of counters that have the same line; else nil
}

// entry is one field of one series, and the sample that it is written as.
type entry struct {
	key      monkit.SeriesKey
	field    string
	base     string // prefix and measurement as a name; may be empty
	label    string // the labels, without braces
	received bool   // its text is valid only as long as its batch

	sample string // name of the sample
	series string // labels without the quantile
	line   string // as in row
	family *family
	grown  bool // the value was not 0 at some time
	wrong  bool // the value was one that its type must not have

	share *share  // that the value was added to last
	added float64 // the value then
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
	c := e.find(p)
	switch {
	case c == nil:
		e.count.Unsupported++
	case c.batch == e.batch:
		e.count.Collisions++
	default:
		c.batch, c.value = e.batch, p.Value
		e.dirty = e.dirty || c.misfits()
	}
}

// find returns the cell of p, or nil if the formats cannot hold p.
func (e *Encoder) find(p *reporters.Point) *cell {
	r, _ := e.refs.Field(p)
	if r != nil && r.serial != 0 {
		if c := &e.cells[r.index]; c.serial == r.serial && c.kind == p.Kind {
			return c
		}
	}
	n := e.newEntry(p)
	if n == nil {
		return nil
	}
	at := e.keep(n, p.Kind)
	if r != nil {
		*r = at
	} else {
		n.received, e.received = true, true
	}
	return &e.cells[at.index]
}

// newEntry returns an entry for p, or nil if the formats cannot hold p.
func (e *Encoder) newEntry(p *reporters.Point) *entry {
	if p.Kind != reporters.Gauge && p.Kind != reporters.Counter {
		return nil
	}
	n := &entry{key: p.Key, field: p.Field, base: metricName(e.prefix, p.Key.Measurement)}
	if n.base == "" && n.field == "" {
		return nil
	}
	label, fresh := e.shared.Series(p)
	if label == nil {
		label = new(string)
	}
	if fresh {
		*label = e.labels.of(p.Key.Tags, "", false)
	}
	n.label = *label
	return n
}

// keep adds n to the entries of the next layout.
func (e *Encoder) keep(n *entry, kind reporters.Kind) ref {
	e.dirty = true
	e.serial++
	at := ref{uint32(len(e.entries)), e.serial}
	if last := len(e.free) - 1; last >= 0 {
		at.index, e.free = e.free[last], e.free[:last]
	} else {
		e.entries, e.cells = append(e.entries, nil), append(e.cells, cell{})
	}
	e.entries[at.index], e.cells[at.index] = n, cell{serial: at.serial, kind: kind}
	return at
}

// release removes the entries for which old returns true.
func (e *Encoder) release(old func(*entry, *cell) bool) {
	for i, n := range e.entries {
		if n != nil && old(n, &e.cells[i]) {
			e.entries[i], e.cells[i] = nil, cell{}
			e.free = append(e.free, uint32(i))
		}
	}
}

// releaseReceived releases the entries of points that were received.
func (e *Encoder) releaseReceived() {
	if !e.received {
		return
	}
	e.release(func(n *entry, _ *cell) bool { return n.received })
	clear(e.rows)
	e.rows, e.dirty, e.received = e.rows[:0], true, false
	e.shares = nil // or what is received next would be added to it
}

// idle reports whether c had no value for idleBatches.
func (e *Encoder) idle(c *cell) bool { return e.batch-c.batch >= idleBatches }

// misfits reports whether the layout must change because of the value of c.
func (c *cell) misfits() bool {
	return c.part != gauge && (c.presumed && c.value != 0 || !c.unknown && c.part.forbids(c.value))
}

// appendPage appends the rows that the batch has a value for.
func (e *Encoder) appendPage(dst []byte, f Format) []byte {
	var current *family
	var written *row // with the same line
	for i := range e.rows {
		r := &e.rows[i]
		if !r.repeat {
			written = nil
		}
		c := &e.cells[r.index]
		if c.batch != e.batch {
			e.dirty = e.dirty || e.idle(c)
			continue
		}
		switch {
		case written != nil && r.share != nil && r.share == written.share && reporters.Finite(c.value):
			e.count.Added++
			continue
		case written != nil:
			e.count.Collisions++
			continue
		}
		if r.family != current {
			current = r.family
			dst = append(dst, current.header[f]...)
		}
		value := c.value
		if r.share != nil {
			value = e.addUp(i)
		}
		dst = append(appendValue(append(dst, r.line...), value), '\n')
		e.count.Samples++
		written = r
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
