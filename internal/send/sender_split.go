package send

import (
	"bytes"
	"math/bits"

	"monkit.example/reporters/ledger"
)

// searchBudget is the number of requests that a Sender may make to find the
// lines of one payload that the peer rejects. All pieces of the payload share
// it; Sender.mu guards it. A nil budget has no limit.
type searchBudget struct{ requests int }

// newSearchBudget allows twice as many requests as it takes to find one line
// among n, and eight more.
func newSearchBudget(n int) *searchBudget {
	return &searchBudget{2*bits.Len(uint(max(n-1, 0))) + 8}
}

func (b *searchBudget) isSpent() bool { return b != nil && b.requests <= 0 }

func (b *searchBudget) spend() {
	if b != nil {
		b.requests--
	}
}

// bisectLocked halves the first item, because the peer rejects some of its
// lines. If it is one line, that line is dropped.
func (s *Sender) bisectLocked(it *item, e *Error) {
	if it.budget == nil {
		it.budget = newSearchBudget(bytes.Count(it.payload, newline))
		it.budget.spend() // for the request that was just rejected
	}
	if !s.halveLocked(it) {
		s.recordRejectionLocked(e, it.lines)
		s.dropLocked(it, ledger.Rejected)
	}
	s.recordResponseLocked()
}

// limitSizeLocked halves the first item, because the peer rejects its size, and
// from now on every payload of that size before it is sent.
func (s *Sender) limitSizeLocked(it *item, e *Error) {
	half := max(len(it.payload)/2, 1)
	if s.sizeLimit == 0 || half < s.sizeLimit {
		s.sizeLimit = half
	}
	if !s.halveLocked(it) {
		s.sizeLimit = 0 // a single line of that size is no reason to cut payloads of several
		s.recordRejectionLocked(e, it.lines)
		s.dropLocked(it, ledger.Oversize)
	}
	s.recordResponseLocked()
}

var newline = []byte{'\n'}

// halveLocked replaces the first item, which is not in flight, by its halves. It
// reports false, and does nothing, if the item is one line.
func (s *Sender) halveLocked(it *item) bool {
	i := splitPoint(it.payload)
	if i == 0 {
		return false
	}
	a, b := *it, *it
	a.payload, b.payload = it.payload[:i:i], it.payload[i:]
	// The number that Send was passed need not be that of the line feeds, so it
	// is divided in proportion to them.
	n, all := bytes.Count(a.payload, newline), bytes.Count(it.payload, newline)
	if it.payload[len(it.payload)-1] != '\n' {
		all++
	}
	a.lines = int(int64(it.lines) * int64(n) / int64(all))
	b.lines = it.lines - a.lines
	s.queue.replaceFirst(&a, &b)
	return true
}

// splitPoint returns the start of the line that is nearest to the middle of p,
// or 0 if p is one line.
func splitPoint(p []byte) int {
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
