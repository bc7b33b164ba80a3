package send

import (
	"math"
	"slices"
	"time"

	"monkit.example/reporters/ledger"
)

const (
	// maxNamedRounds is how many answers that name lines a group gets before it
	// is halved: the request after each repeats all other lines.
	maxNamedRounds = 8

	// Two groups side by side that are rejected whole are one run if they are
	// smaller than the runShare of the distance between runs.
	runShare = 8

	// After so many times the distance without a rejected line, groups grow
	// faster. One in seven stretches is as long if the lines are spread at random.
	cleanShare = 2
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
		s.later = append(s.later, s.open[:s.asked])
		s.open, s.bad = s.open[s.asked:], 0
		s.group = s.nextGroup()
		s.progress(false)
	}
}

// searchLater goes on with the largest group that was put off: most lines can be
// stored of that.
func (s *search) searchLater() {
	s.isLast = true
	largest := 0
	for i, group := range s.later {
		if len(group) > len(s.later[largest]) {
			largest = i
		}
	}
	s.open = slices.Clone(s.later[largest])
	s.later = slices.Delete(s.later, largest, largest+1)
	s.bad = len(s.open)
	s.refill()
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

// find counts the lines of group as found: one that was refused alone, or a group
// that is rejected whole. Neighbors are one run, unless they are groups of which each
// is likely to have a rejected line of its own.
func (s *search) find(group []int) {
	s.inRun = group[0] == s.lastRun+1 && (len(group) == 1 || float64(len(group)) < s.distance()/runShare)
	if s.isLast {
		return // it was counted with its group
	}
	s.clean, s.lastRun = 0, group[len(group)-1]
	if s.inRun {
		s.found += float64(len(group))
		return
	}
	n := s.likely(len(group))
	s.found += n
	s.runs += n
}

// likely returns how many rejected lines a group has that has one at least.
func (s *search) likely(size int) float64 {
	distance := s.distance()
	if size == 1 || distance == 0 {
		return 1
	}
	x := float64(size) / distance
	return x / (1 - math.Exp(-x))
}

// distance returns how many lines there are for each run of rejected ones, by what
// the search has found so far. It is 0 if nothing is known.
func (s *search) distance() float64 {
	if s.runs < 2 {
		return 0
	}
	return float64(s.settled()) / s.runs
}

// nextGroup returns how many lines to ask about. Most payloads have one rejected line
// only; after the second one the distance between them is known about, and half of
// the groups of this size have none. The neighbor of two of them is likely to be a
// third.
func (s *search) nextGroup() int {
	switch {
	case s.inRun:
		return s.grain()
	case s.found < 2:
		return len(s.open)
	}
	return max(int(float64(s.settled())*0.7/s.runs), s.grain(), 1)
}

// grain returns the size of the groups that are put off when they are refused, because
// there are not enough requests left to search them and the lines behind them. It is
// the least for which the requests suffice: of all sizes it is the one by which most
// lines are stored. It is never more than the distance between runs.
func (s *search) grain() int {
	distance := s.distance()
	if distance == 0 {
		return 1
	}
	left := float64(maxSearchRequests - s.requests)
	if s.spent > 0 {
		left = min(left, float64(maxSearchTime-s.spent)/float64(s.spent)*float64(s.requests))
	}
	forEach := left * distance / float64(len(s.open)) // requests for each run that is open
	length := s.found / s.runs
	for size := 1.0; size < distance; size++ {
		// A run takes a halving for each factor of two by which it is smaller
		// than its distance, a request for each group of its lines, and half a
		// request to see where it ends.
		if math.Log2(distance/size)+max(length/size, 1)+0.5 <= forEach {
			return int(size)
		}
	}
	return max(min(int(distance), len(s.open)), 1)
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
	s.found += float64(len(quoted))
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
