package send

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"monkit.example/reporters/ledger"
)

const (
	// maxSearchRequests and maxSearchTime bound the search for the rejected
	// lines of one payload. Other payloads wait while it lasts.
	maxSearchRequests = 500
	maxSearchTime     = 30 * time.Second
)

// A search finds the lines that a peer rejects in a payload of which it stored
// nothing because of them. It makes no request itself: its caller delivers what
// next returns and reports the result to accepted or refused, until next returns
// nil. In between the caller may wait and try again for as long as it likes.
//
// The lines that are not settled are open. The search asks about a group, the first
// few of them. If the peer quotes lines of a group that it refuses, these are
// rejected, and it is asked about the others. If not, the search asks about the
// first half of the group: if that is accepted, the second half has the line. A line
// is rejected if the peer quoted it, or refused it alone.
//
// If the lines found so far are so many that the bounds do not suffice for all of them,
// larger groups that were refused are put off, and searched after all other lines. What
// is left when the bounds are reached is rejected. The sizes of groups are those by
// which most lines are stored, as in the group testing of Dorfman (1943) and Hwang
// (1972). If a peer rejects 50 of 5000 lines, spread at random, and says nothing about
// them, the other 4950 are stored. With 100 it is about 4300 of 4900, and with 200 it
// is 3100 of 4800: to find all 200 takes 1211 requests at least.
//
// A search has no lock. It refers to the payload until next has returned nil.
type search struct {
	payload []byte
	starts  []int // where each line starts, and the length of payload
	lines   int   // what payload counts as in the ledger

	open   []int  // indexes of the open lines, except for those in later
	group  int    // how many of open to ask about next, if bad is 0
	bad    int    // the first so many of open have a rejected line; 0 if that is not known
	probe  bool   // ask about the first of open alone, since the peer may have meant it
	most   int    // the peer takes no more lines at a time
	rounds int    // answers that named lines of this group
	limit  int    // of rounds
	body   []byte // what next returned last
	asked  int    // its number of lines
	buf    []byte // for bodies of lines that are apart in payload

	later  [][]int // groups of open lines that were refused, and are searched last
	isLast bool    // that has begun

	requests int           // that were answered
	budget   int           // answers until the search must have made progress
	spent    time.Duration // between a request and its answer, in all
	askedAt  time.Time
	stored   bool // the peer has accepted a line
	misled   bool // the peer has accepted a line alone that it named before
	last     *Error

	found   float64 // rejected lines; of a group that is rejected whole, as many as are likely
	runs    float64 // of them, without neighbors
	lastRun int     // index of the last line of the last run
	inRun   bool    // that run has several lines, and may go on
	clean   int     // lines accepted since something was found

	result searchResult // since the last call of take
	noted  int          // lines in result.refused
}

// searchResult is what became of lines of a search. The sum of the three counts over
// all results is the number of lines that newSearch was passed.
type searchResult struct {
	delivered int
	rejected  int                   // dropped as ledger.Rejected
	oversize  int                   // dropped as ledger.Oversize
	refused   []ledger.RejectedLine // of those dropped; the texts of at most maxQuarantine
	err       error                 // the last refusal
}

// newSearch returns a search in a payload that counts as that many lines and was just
// refused. The caller passes the refusal to refused before it calls next. now is when
// the refused request was made.
func newSearch(payload []byte, lines int, now time.Time) *search {
	s := &search{payload: payload, lines: lines, askedAt: now, body: payload}
	start := 0
	for line := range bytes.Lines(payload) {
		s.open = append(s.open, len(s.open))
		s.starts = append(s.starts, start)
		start += len(line)
	}
	s.starts = append(s.starts, start)
	s.lastRun = -2
	s.asked, s.group, s.most, s.limit = len(s.open), len(s.open), len(s.open), maxNamedRounds
	s.refill()
	return s
}

// refill allows twice as many answers as it takes to find one line among all, and
// eight more.
func (s *search) refill() { s.budget = 2*bits.Len(uint(max(len(s.starts)-2, 0))) + 8 }

// next returns the lines that the peer is to be asked about now, and their number in
// the ledger. It returns nil when all lines are settled. If the last request had no
// answer, it returns the same lines again. The bytes must not be changed; they are
// valid until the next call.
func (s *search) next(now time.Time) (piece []byte, lines int) {
	s.askedAt = now
	if len(s.open) == 0 && len(s.later) > 0 {
		s.searchLater()
	}
	if len(s.open) == 0 {
		s.payload, s.body, s.buf = nil, nil, nil
		return nil, 0
	}
	s.asked = s.size()
	group := s.open[:s.asked]
	if first, last := group[0], group[s.asked-1]; last-first == s.asked-1 && slices.IsSorted(group) {
		s.body = s.payload[s.starts[first]:s.starts[last+1]]
	} else {
		s.body = s.join(group)
	}
	return s.body, s.share(group)
}

// size returns how many of the open lines to ask about.
func (s *search) size() int {
	switch {
	case s.probe || s.bad == 1:
		return 1
	case s.bad > 1:
		return min(s.bad/2, s.most)
	}
	return min(max(s.group, 1), s.most, len(s.open))
}

// join returns the text of lines that are apart.
func (s *search) join(group []int) []byte {
	s.buf = s.buf[:0]
	for _, i := range group {
		s.buf = append(s.buf, s.text(i)...)
		s.buf = append(s.buf, '\n')
	}
	return s.buf
}

// text returns line i without its line feed.
func (s *search) text(i int) []byte {
	return bytes.TrimSuffix(s.payload[s.starts[i]:s.starts[i+1]], []byte{'\n'})
}

// share returns how many lines of the ledger a group is. The number that the payload
// counts as need not be that of its line feeds; the shares of all lines add up to it.
func (s *search) share(group []int) int {
	all, sum := int64(len(s.starts)-1), int64(0)
	for _, i := range group {
		sum += int64(s.lines)*int64(i+1)/all - int64(s.lines)*int64(i)/all
	}
	return int(sum)
}

// accepted reports that the peer has stored what next returned.
func (s *search) accepted(now time.Time) {
	s.answered(now)
	s.stored = true
	s.misled = s.misled || s.probe
	s.result.delivered += s.share(s.open[:s.asked])
	s.settle()
	s.clean += s.asked
	if s.bad == 0 { // the group
		s.rounds, s.inRun = 0, false
		s.group = s.nextGroup()
		if float64(s.clean) > cleanShare*s.distance() { // there are few in this part
			s.group = 2 * s.asked
		}
		s.refill()
	}
	s.giveUpIfSpent(now)
}

// skip settles what next returned last, without an answer, as the caller counts it:
// it may have arrived, and must not be sent twice. It returns the number of lines.
func (s *search) skip() int {
	n := s.share(s.open[:s.asked])
	s.settle()
	return n
}

// settle removes the lines that were asked about from the open ones.
func (s *search) settle() {
	s.open = s.open[s.asked:]
	s.bad = max(s.bad-s.asked, 0)
	s.probe = false
}

// refused reports that the peer has not stored what next returned, or not all of it.
// It does nothing if e asks for a retry: that is no answer about the lines.
func (s *search) refused(e *Error, now time.Time) {
	if e.kind == retry || e.kind == ambiguous {
		return
	}
	s.answered(now)
	s.last, s.result.err = e, e.Err
	switch e.kind {
	case split:
		s.narrow(e, now)
	case tooLarge:
		s.shrink(e, now)
	case partial:
		s.divide(e, now)
	case oversize:
		s.drop(e, ledger.Oversize, now)
	case permanent:
		s.drop(e, ledger.Rejected, now)
	}
	s.giveUpIfSpent(now)
}

// divide settles the lines of a body that the peer stored except some.
func (s *search) divide(e *Error, now time.Time) {
	s.stored = true
	all := s.share(s.open[:s.asked])
	rejected := all * min(e.rejected, s.asked) / s.asked
	s.result.delivered += all - rejected
	s.result.rejected += rejected
	for _, l := range rejectedLines(s.body, rejected, e, now) {
		s.note(l)
	}
	s.settle()
	s.bad, s.group = 0, 2*s.asked // a peer that stores some lines refuses no group
	s.refill()
}

func (s *search) answered(now time.Time) {
	s.requests++
	s.budget--
	s.spent += max(now.Sub(s.askedAt), 0)
}

// shrink makes the next bodies smaller.
func (s *search) shrink(e *Error, now time.Time) {
	if s.asked == 1 {
		s.drop(e, ledger.Oversize, now)
		s.refill()
		return
	}
	s.most = (s.asked + 1) / 2
}

// drop settles the lines that were asked about as dropped.
func (s *search) drop(e *Error, reason ledger.Reason, now time.Time) {
	n := s.share(s.open[:s.asked])
	if reason == ledger.Oversize {
		s.result.oversize += n
	} else {
		s.result.rejected += n
	}
	why := Excerpt(e.Error())
	for _, i := range s.open[:s.asked] {
		s.noteLine(i, reason, why, now)
	}
	s.settle()
}

// giveUpIfSpent rejects all open lines if the bounds of the search are reached.
func (s *search) giveUpIfSpent(now time.Time) {
	if len(s.open)+len(s.later) == 0 || s.budget > 0 && s.requests < maxSearchRequests && s.spent < maxSearchTime {
		return
	}
	if s.bad > 1 {
		s.later = append(s.later, s.open[:s.bad])
		s.open, s.bad = s.open[s.bad:], 0
	}
	for _, group := range s.later {
		err := fmt.Errorf("refused with %d others, and the search for rejected lines ended after %d requests: %w", len(group)-1, s.requests, s.last)
		s.reject(group, err, now)
	}
	s.later = nil
	s.reject(s.open, fmt.Errorf("not sent: the search for rejected lines ended after %d requests; the last answer: %w", s.requests, s.last), now)
	s.open = nil
}

// reject settles lines as rejected that are no longer open.
func (s *search) reject(lines []int, err error, now time.Time) {
	s.result.rejected += s.share(lines)
	why := Excerpt(err.Error())
	for _, i := range lines {
		s.noteLine(i, ledger.Rejected, why, now)
	}
}

// noteLine adds dropped line i to the result.
func (s *search) noteLine(i int, reason ledger.Reason, why string, now time.Time) {
	l := ledger.RejectedLine{At: now, Reason: reason, Lines: s.share([]int{i}), Err: why}
	if s.noted < maxQuarantine {
		l.Text = cutText(s.text(i))
	}
	s.note(l)
}

// note adds l to the result. If that is full, the last line of it stands for l, too.
func (s *search) note(l ledger.RejectedLine) {
	if s.noted < maxQuarantine {
		s.noted++
		s.result.refused = append(s.result.refused, l)
		return
	}
	last := &s.result.refused[len(s.result.refused)-1]
	l.Lines += last.Lines
	l.Text = ""
	*last = l
}

// take returns what was settled since the last call.
func (s *search) take() searchResult {
	r := s.result
	s.result, s.noted = searchResult{}, 0
	return r
}

// pending returns how many lines are open, as the ledger counts them.
func (s *search) pending() int { return s.share(s.unsettled()) }

// unsettled returns the open lines, with those in later.
func (s *search) unsettled() []int {
	return slices.Concat(s.open, slices.Concat(s.later...))
}

// rest returns a copy of the open lines: what a caller that ends the search early
// has to keep or to drop. pending is their number.
func (s *search) rest() []byte { return slices.Clone(s.join(s.unsettled())) }
