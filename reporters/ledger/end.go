package ledger

import (
	"errors"
	"fmt"
	"io/fs"
)

// An End is how the run before this one ended, as its book shows.
type End int

// Ends of a run.
const (
	// EndNone means that there was no run before, or that its book is of no
	// use.
	EndNone End = iota
	// EndClean is the end by Close. The counts are exact.
	EndClean
	// EndKilled is an end without Close, on a machine that has run since then.
	// The counts are those of that moment, to the line.
	EndKilled
	// EndRebooted is an end without Close, and the machine was started again
	// since. The counts that were found may be half a minute older than the
	// end, so what was lost cannot be known, and the book starts from zero.
	EndRebooted
	// EndUnknown is an end without Close, on a system that does not say
	// whether it was started again since. If it was not, the counts are exact.
	EndUnknown
)

var ends = [...]string{
	EndNone:     "no earlier run",
	EndClean:    "closed",
	EndKilled:   "killed",
	EndRebooted: "the machine was started again; what was lost cannot be known",
	EndUnknown:  "not closed; what was lost is known only if the machine was not started again",
}

// String says how the run ended, for a log.
func (e End) String() string {
	if e < 0 || int(e) >= len(ends) {
		return fmt.Sprintf("End(%d)", int(e))
	}
	return ends[e]
}

// An OpenError says what is wrong with the file of a book. The book works.
type OpenError struct {
	Path     string
	InMemory bool // the counts do not survive a crash; else they start from zero
	Err      error
}

// Error returns the path, the cause, and what follows from it.
func (e *OpenError) Error() string {
	result := "the counts start from zero"
	if e.InMemory {
		result = "the counts are kept in memory only"
	}
	cause := e.Err
	if inner := (*fs.PathError)(nil); errors.As(e.Err, &inner) && inner.Path == e.Path {
		cause = fmt.Errorf("%s: %w", inner.Op, inner.Err)
	}
	return fmt.Sprintf("book %s: %v; %s", e.Path, cause, result)
}

// Unwrap returns Err: [ErrInUse], [errors.ErrUnsupported] where files cannot be
// mapped, or what the system returned.
func (e *OpenError) Unwrap() error { return e.Err }

// ErrInUse is the cause if another process, or another book of this one, has
// the file.
var ErrInUse = errors.New("in use by another process, or opened twice")
