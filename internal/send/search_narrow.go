package send

import (
	"fmt"
	"math"
	"slices"
	"time"

	"monkit.example/reporters/ledger"
)

const (
	// maxNamedRounds is how many answers that name lines a group gets before it
	// is halved: the request after each repeats all other lines.
	maxNamedRounds = 8

	// minRuns is how many runs of rejected lines must be found before their
	// distances say anything about the others.
	minRuns = 8
)

// narrow comes closer to the line for which the peer refused the group.
func (s *search) narrow(e *Error, now time.Time) {
	if s.asked == 1 {
		s.rejectFirst(e, now)
		return
	}
	s.bad = s.asked
	if n := s.rejectQuoted(e, now); n > 0 {
		s.bad = 0
		if n < s.asked {
			s.repeat(s.asked - n)
		} else {
			s.group = s.nextGroup()
		}
		s.progress(s.found <= maxNamedRounds)
		return
	}
	if len(e.named) > 0 && e.named[0].index < s.asked && !s.misled {
		s.moveToFront(e.named[0].index)
		s.probe = true
		s.repeat(s.asked - 1)
		return
	}
	if s.asked <= s.grain() {
		s.find(s.open[:s.asked])
		err := fmt.Errorf("refused with %d others, and no time is left to find out which it is: %w", s.asked-1, e)
		s.drop(&Error{Err: err, kind: permanent}, ledger.Rejected, now)
		s.bad, s.group = 0, s.nextGroup()
		s.progress(false)
	}
}

// repeat sets the group to the n lines that the peer did not name. After a number of
// rounds it halves that, and sooner while the peer has not accepted any line: then it
// has to be found out whether it accepts one at all.
func (s *search) repeat(n int) {
	s.group = n
	s.rounds++
	if s.rounds < s.limit {
		return
	}
	s.group, s.rounds, s.limit = n/2, 0, maxNamedRounds
	if !s.stored {
		s.limit = 1
	}
}

// rejectFirst rejects the first open line, which was refused alone. While the peer
// has not accepted any line, the search goes on elsewhere in the payload, since
// rejected lines may be neighbors.
func (s *search) rejectFirst(e *Error, now time.Time) {
	probe := s.probe
	s.find(s.open[:1])
	s.drop(e, ledger.Rejected, now)
	s.bad = 0
	s.progress(probe && s.found <= maxNamedRounds)
	if probe {
		return // narrow has set the group
	}
	s.rounds = 0
	s.group = s.nextGroup()
	if !s.stored {
		i := len(s.open) * 5 / 8
		s.open = slices.Concat(s.open[i:], s.open[:i])
	}
}

// find counts a line that was found within group. Neighbors are one run, unless the
// group is rejected whole.
func (s *search) find(group []int) {
	s.found++
	s.inRun = len(group) == 1 && group[0] == s.lastRun+1
	if !s.inRun {
		s.runs++
	}
	s.lastRun = group[len(group)-1]
}

// nextGroup returns how many lines are likely to be accepted together. Most payloads
// have one rejected line only; after the second one the distance between them is
// known about. The neighbor of two of them is likely to be a third.
func (s *search) nextGroup() int {
	switch {
	case s.inRun:
		return 1
	case s.found < 2:
		return len(s.open)
	}
	return max(s.settled()*7/10/s.found, s.grain(), 1)
}

// grain returns the size of the groups that are rejected whole, because there are not
// enough requests left to search them, by what the search has found so far.
func (s *search) grain() int {
	if s.runs < minRuns {
		return 1
	}
	left := float64(maxSearchRequests - s.requests)
	if s.spent > 0 {
		left = min(left, float64(maxSearchTime-s.spent)/float64(s.spent)*float64(s.requests))
	}
	distance := float64(s.settled()) / float64(s.runs)
	length := float64(s.found) / float64(s.runs)
	forEach := left * distance / float64(len(s.open)) // requests for each run that is open
	// A run takes a request for each of its lines, another one to see that there
	// is one, and one for each halving.
	halvings := forEach - 1 - length
	return int(min(distance/math.Exp2(halvings), float64(len(s.open))))
}

// settled returns how many lines of the payload are not open.
func (s *search) settled() int { return len(s.starts) - 1 - len(s.open) }

// progress is called when lines were found. While the peer has not accepted any
// line, it may reject all: then the budget stays as it is, except for a few lines
// that it named.
func (s *search) progress(named bool) {
	if s.stored || named {
		s.refill()
	}
}

// rejectQuoted rejects the lines of the group that the peer quoted, and returns their
// number.
func (s *search) rejectQuoted(e *Error, now time.Time) int {
	var quoted, others []int
	next := 0
	for i, line := range s.open[:s.asked] {
		for next < len(e.named) && (e.named[next].index < i || !e.named[next].exact) {
			next++
		}
		if next == len(e.named) || e.named[next].index != i {
			others = append(others, line)
			continue
		}
		quoted = append(quoted, line)
		s.noteLine(line, ledger.Rejected, e.wordsAbout(next), now)
	}
	if len(quoted) == 0 {
		return 0
	}
	s.found += len(quoted)
	s.result.rejected += s.share(quoted)
	copy(s.open[len(quoted):], others)
	s.open = s.open[len(quoted):]
	return len(quoted)
}

// moveToFront puts open line i before the others.
func (s *search) moveToFront(i int) {
	line := s.open[i]
	copy(s.open[1:i+1], s.open[:i])
	s.open[0] = line
}
