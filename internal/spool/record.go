package spool

import "time"

// Meta is what the spool stores beside the bytes of a record.
type Meta struct {
	Lines int       // number of lines that the record settles, 0 to 1<<32-1
	Time  time.Time // of the first line; kept in milliseconds
}

// A Record is one chunk of whole lines.
type Record struct {
	Seq uint64 // 1 more than that of the record before
	Meta
	Bytes []byte // 1 to MaxRecord; good until the next call of Next
}

// Totals add up records.
type Totals struct {
	Records int64
	Lines   int64
	Bytes   int64 // without headers
}

func (t *Totals) add(u Totals) {
	t.Records += u.Records
	t.Lines += u.Lines
	t.Bytes += u.Bytes
}

func (t *Totals) sub(u Totals) { t.add(Totals{-u.Records, -u.Lines, -u.Bytes}) }

// atMost returns t with no number larger than u's.
func (t Totals) atMost(u Totals) Totals {
	return Totals{min(t.Records, u.Records), min(t.Lines, u.Lines), min(t.Bytes, u.Bytes)}
}

func (r Record) totals() Totals { return Totals{1, int64(r.Lines), int64(len(r.Bytes))} }

// share returns what n of t's records are on average, and at most t.
func (t Totals) share(n int64) Totals {
	if n >= t.Records {
		return t
	}
	return Totals{n, part(t.Lines, n, t.Records), part(t.Bytes, n, t.Records)}
}

// part returns v*n/of, rounded to the nearest.
func part(v, n, of int64) int64 {
	return int64(float64(v)*float64(n)/float64(of) + 0.5)
}
