package spools

import (
	"errors"
	"fmt"
	"io"

	"monkit.example/internal/spool"
)

// A reader reads what waits in a spool, and finds out which records are missing.
type reader struct {
	view *spool.View

	last    uint64 // sequence of the last record that was read
	missing int64  // records, as the View counts them
	gaps    []gap  // the first maxProblems
	more    int64  // records that are missing in others
	errs    []error
}

// A gap is a range of sequences of which no record is there.
type gap struct{ first, last uint64 }

// String says which records are missing.
func (g gap) String() string {
	if g.first == g.last {
		return fmt.Sprintf("record %d is missing", g.first)
	}
	return fmt.Sprintf("records %d to %d are missing", g.first, g.last)
}

// newReader returns a reader of the spool at p. It must be closed.
func newReader(p Place) (*reader, error) {
	if p.Err != nil {
		return nil, p.Err
	}
	return newReaderOn(spool.OS{}, p.Dir)
}

func newReaderOn(fsys spool.FS, dir string) (*reader, error) {
	v, err := spool.Inspect(dir, fsys)
	if err != nil {
		return nil, explain(err)
	}
	return &reader{view: v}, nil
}

// next returns the next record, and false if there is none. What the system
// cannot read is left out, and added to errs.
func (r *reader) next() (spool.Record, bool) {
	for {
		rec, err := r.view.Next()
		n := r.view.Info().Missing - r.missing
		r.missing += n
		switch {
		case err == nil:
			r.addGap(rec.Seq-uint64(n), n)
			r.last = rec.Seq
			return rec, true
		case errors.Is(err, io.EOF):
			r.addGap(max(r.last, r.view.Info().Released)+1, n)
			return spool.Record{}, false
		}
		r.errs = append(r.errs, explain(err))
	}
}

// addGap adds n records from a sequence on.
func (r *reader) addGap(first uint64, n int64) {
	switch {
	case n <= 0:
	case len(r.gaps) == maxProblems:
		r.more += n
	default:
		r.gaps = append(r.gaps, gap{first, first + uint64(n) - 1})
	}
}

// missingRecords returns how many records are missing in what was read.
func (r *reader) missingRecords() (n int64) {
	for _, g := range r.gaps {
		n += int64(g.last - g.first + 1)
	}
	return n + r.more
}

func (r *reader) close() { r.view.Close() }
