package send

import (
	"bytes"
	"math/bits"

	"monkit.example/reporters/ledger"
)

// search is one hunt for bad lines: all pieces of a payload share it. A nil
// search has no end.
type search struct{ requests int }

// newSearch allows as many requests as a single bad line among n needs, twice,
// and some more.
func newSearch(n int) *search { return &search{2*bits.Len(uint(max(n-1, 0))) + 8} }

func (s *search) exhausted() bool { return s != nil && s.requests <= 0 }

func (s *search) spend() {
	if s != nil {
		s.requests--
	}
}

// bisect looks for the lines because of which the first item was refused.
func (s *Sender) bisect(it *item, e *Error) {
	if it.search == nil {
		it.search = newSearch(bytes.Count(it.payload, newline))
		it.search.spend() // for the request that began it
	}
	if !s.cut(it) {
		s.refuse(e, it.lines)
		s.drop(it, ledger.Rejected)
	}
	s.answered()
}

// shrink cuts the first item and remembers to do so with all of its size.
func (s *Sender) shrink(it *item, e *Error) {
	half := max(len(it.payload)/2, 1)
	if s.limit == 0 || half < s.limit {
		s.limit = half
	}
	if !s.cut(it) {
		s.limit = 0 // one line of that size says nothing about others
		s.refuse(e, it.lines)
		s.drop(it, ledger.Oversize)
	}
	s.answered()
}

var newline = []byte{'\n'}

// cut replaces the first item by its halves, if it has more than one line.
func (s *Sender) cut(it *item) bool {
	i := middle(it.payload)
	if i == 0 {
		return false
	}
	a, b := *it, *it
	a.payload, b.payload = it.payload[:i:i], it.payload[i:]
	// The caller may weigh lines in its own way: share out what it said.
	n, all := bytes.Count(a.payload, newline), bytes.Count(it.payload, newline)
	if it.payload[len(it.payload)-1] != '\n' {
		all++
	}
	a.lines = int(int64(it.lines) * int64(n) / int64(all))
	b.lines = it.lines - a.lines
	s.queue.busy = 0
	s.queue.replace(&a, &b)
	return true
}

// middle is the start of the line nearest to the middle of p, and 0 if p is
// one line.
func middle(p []byte) int {
	half := len(p) / 2
	before := bytes.LastIndexByte(p[:half], '\n') + 1
	after := bytes.IndexByte(p[half:], '\n') + half + 1
	if after == half || after == len(p) {
		return before
	}
	if before == 0 || after-half < half-before {
		return after
	}
	return before
}
