package prometheus

import (
	"cmp"
	"slices"
	"strings"

	"monkit.example/internal/printable"
	"monkit.example/reporters"
)

// family is the samples that share a TYPE.
type family struct {
	name string // as the text format has it: a counter's ends in _total
	part part   // what all samples are; quantile stands for the three parts of a summary
	// unknown is set if the samples are not of one type, if a value is not
	// allowed for the type, or if another family has one of the names.
	unknown bool
	// openUnknown is set for a counter whose name without _total, which is the
	// name of the family in OpenMetrics, is used otherwise.
	openUnknown bool
	header      [formats]string
}

type familyKey struct {
	name    string
	summary bool
}

// layOut makes the rows from all entries: which sample each is, which family it
// belongs to, and the order. It depends on nothing but the entries, in whichever
// order they came.
func (e *Encoder) layOut() {
	e.release(func(_ *entry, c *cell) bool { return e.idle(c) })
	all := e.live()
	e.nameSamples(all)
	e.formFamilies(all)
	slices.SortFunc(all, e.compare)
	e.makeRows(all)
	e.dirty = false
}

// live returns the indices of all entries.
func (e *Encoder) live() []uint32 {
	all := make([]uint32, 0, len(e.entries)-len(e.free))
	for i, n := range e.entries {
		if n != nil {
			all = append(all, uint32(i))
		}
	}
	return all
}

// makeRows makes the rows of the entries with the indices all, which are sorted.
// The text of all lines is one piece of memory in the order of the page.
func (e *Encoder) makeRows(all []uint32) {
	var text strings.Builder
	size := 0
	for _, i := range all {
		size += len(e.entries[i].line)
	}
	text.Grow(size)
	clear(e.rows)
	e.rows = e.rows[:0]
	var last *family
	shares, first := make(map[string]*share), 0 // row of the current line
	for _, i := range all {
		n := e.entries[i]
		start := text.Len()
		text.WriteString(n.line)
		r := row{family: n.family, index: i, repeat: len(e.rows) > 0 && n.line == e.rows[first].line}
		n.line = text.String()[start:]
		r.line = n.line
		if r.repeat {
			r.share = e.shareOf(n.line, e.cells[i].part, &e.rows[first])
		} else {
			first, r.share = len(e.rows), e.shareOf(n.line, e.cells[i].part, nil)
		}
		if r.share != nil {
			shares[n.line] = r.share
		}
		e.rows = append(e.rows, r)
		e.cells[i].unknown = n.family.unknown
		if n.family != last {
			last = n.family
			last.setHeader(n)
		}
	}
	e.shares = shares
}

// measure is what is known about the series of one measurement.
type measure struct {
	counts, grown bool // there is a field count; one that was not 0
	sums          bool // there is a field sum
}

// nameSamples sets part and names of every entry.
func (e *Encoder) nameSamples(all []uint32) {
	measures := make(map[string]*measure)
	for _, i := range all {
		n := e.entries[i]
		m := measures[n.base]
		if m == nil {
			m = new(measure)
			measures[n.base] = m
		}
		m.add(n, &e.cells[i])
	}
	for _, i := range all {
		n, c := e.entries[i], &e.cells[i]
		m, was := measures[n.base], c.part
		c.part = m.partOf(n, c.kind)
		c.presumed = c.part == count && !m.sums
		if n.line == "" || c.part != was {
			e.name(n, c.part)
		}
		n.wrong = n.wrong || c.part.forbids(c.value)
	}
}

func (m *measure) add(n *entry, c *cell) {
	switch {
	case n.field == "sum":
		m.sums = true
	case n.isCount(c.kind):
		n.grown = n.grown || c.value != 0
		m.counts, m.grown = true, m.grown || n.grown
	}
}

func (n *entry) isCount(kind reporters.Kind) bool {
	return n.field == "count" && kind == reporters.Counter
}

// partOf returns what n is. A measurement with the fields count and sum is a
// distribution, which makes a summary. So does a count of 0 alone, which is all
// that a distribution without values has; other counts alone, such as that of an
// error, are counters.
func (m *measure) partOf(n *entry, kind reporters.Kind) part {
	if m.counts && (m.sums || !m.grown) && n.base != "" {
		switch {
		case n.isCount(kind):
			return count
		case n.field == "sum":
			return sum
		case m.sums && quantiles[n.field] != "":
			return quantile
		}
	}
	if kind == reporters.Counter {
		return counter
	}
	return gauge
}

// quantiles are the fields of a distribution that are quantiles of its recent
// values, as the label of a summary has them.
var quantiles = map[string]string{
	"rmin": "0.0", "r10": "0.1", "r50": "0.5", "r90": "0.9", "r95": "0.95", "r99": "0.99", "r999": "0.999", "rmax": "1.0",
}

const total = "_total"

// name sets the name and the line of n, which is the part p.
func (e *Encoder) name(n *entry, p part) {
	label := n.label
	if p >= quantile {
		label = e.labels.of(n.key.Tags, "", true)
	}
	n.series = label
	switch p {
	case quantile:
		n.sample = n.base
		label = e.labels.of(n.key.Tags, quantiles[n.field], true)
	case sum, count:
		n.sample = n.base + "_" + n.field
	default:
		n.sample = metricName(n.base, n.field)
		if p == counter && (!strings.HasSuffix(n.sample, total) || n.sample == total) {
			n.sample += total
		}
	}
	n.line = n.sample + " "
	if label != "" {
		n.line = n.sample + "{" + label + "} "
	}
}

// formFamilies assigns every entry to its family. Where the rules of a type are
// broken the type is unknown, so that no sample is left out and none is of a
// type that it does not have.
func (e *Encoder) formFamilies(all []uint32) {
	families := make(map[familyKey]*family)
	for _, i := range all {
		n, p := e.entries[i], e.cells[i].part
		f := familyOf(families, n, p)
		f.unknown = f.unknown || n.wrong || f.part != familyPart(p)
		n.family = f
	}
	owners := make(map[string]*family)
	for _, f := range families {
		for _, name := range f.names() {
			if other := owners[name]; other != nil {
				other.unknown, f.unknown = true, true
			}
			owners[name] = f
		}
	}
	e.splitSummaries(all, families)
	markCounters(families)
}

// familyOf returns the family of n, which is the part p. It makes one if there is
// none.
func familyOf(families map[familyKey]*family, n *entry, p part) *family {
	key := familyKey{n.sample, p >= quantile}
	if key.summary {
		key.name = n.base
	}
	f := families[key]
	if f == nil {
		f = &family{name: key.name, part: familyPart(p)}
		families[key] = f
	}
	return f
}

func familyPart(p part) part { return min(p, quantile) }

// names returns the names that samples of f may have.
func (f *family) names() []string {
	if f.part == quantile {
		return []string{f.name, f.name + "_sum", f.name + "_count", f.name + "_created"}
	}
	return []string{f.name}
}

// splitSummaries replaces a summary whose type is unknown by a family for each
// name: samples of an unknown type must have the name of their family.
func (e *Encoder) splitSummaries(all []uint32, families map[familyKey]*family) {
	for _, i := range all {
		n := e.entries[i]
		if e.cells[i].part < quantile || !n.family.unknown {
			continue
		}
		delete(families, familyKey{n.base, true})
		key := familyKey{n.sample, false}
		f := families[key]
		if f == nil {
			f = &family{name: n.sample}
			families[key] = f
		}
		f.unknown = true
		n.family = f
	}
}

// markCounters finds the counters whose name without _total is another family,
// or one of its samples. OpenMetrics reserves it, with _created after it, too.
func markCounters(families map[familyKey]*family) {
	used := make(map[string]bool)
	for _, f := range families {
		for _, name := range f.names() {
			used[name] = true
		}
	}
	for _, f := range families {
		base := strings.TrimSuffix(f.name, total)
		f.openUnknown = f.unknown || f.part == counter && (used[base] || used[base+"_created"])
	}
}

// compare is the order of the entries i and j on a page: by family, and in it by
// labels. The samples of a series of a summary are together. What follows
// decides which of several entries with the same line is written.
func (e *Encoder) compare(i, j uint32) int {
	a, b := e.entries[i], e.entries[j]
	if a.family != b.family {
		return strings.Compare(a.family.name, b.family.name)
	}
	if a.family.part == quantile {
		if c := cmp.Or(strings.Compare(a.series, b.series), cmp.Compare(e.cells[i].part, e.cells[j].part)); c != 0 {
			return c
		}
	}
	return cmp.Or(
		strings.Compare(a.line, b.line),
		strings.Compare(a.key.Measurement, b.key.Measurement),
		strings.Compare(a.field, b.field),
		cmp.Compare(e.cells[i].kind, e.cells[j].kind),
		strings.Compare(a.key.Tags.String(), b.key.Tags.String()))
}

// maxHelp bounds the text of a measurement or a field in HELP.
const maxHelp = 200

// setHeader makes the metadata of f. first is the first entry of f.
func (f *family) setHeader(first *entry) {
	what := "Field " + cut(first.field) + " of " + cut(first.key.Measurement) + "."
	if f.part == quantile && !f.unknown {
		what = "Distribution " + cut(first.key.Measurement) + " with quantiles of its recent values."
	}
	kind, open, name := f.typeName(), f.typeName(), f.name
	switch {
	case f.unknown:
		kind, open = "untyped", "unknown"
	case f.openUnknown:
		open = "unknown"
	case f.part == counter:
		name = strings.TrimSuffix(f.name, total)
	}
	f.header[Text] = "# HELP " + f.name + " " + string(appendEscaped(nil, what, false)) + "\n# TYPE " + f.name + " " + kind + "\n"
	f.header[OpenMetrics] = "# TYPE " + name + " " + open + "\n# HELP " + name + " " + string(appendEscaped(nil, what, true)) + "\n"
}

func (f *family) typeName() string {
	switch f.part {
	case counter:
		return "counter"
	case quantile:
		return "summary"
	}
	return "gauge"
}

// cut returns as much of s as maxHelp bytes hold.
func cut(s string) string { return printable.Prefix(s, maxHelp) }
