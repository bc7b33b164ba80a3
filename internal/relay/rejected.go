package relay

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/listen"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// RejectedGroup is the lines that a listener rejected for one reason and that have
// one sender, or the lines that one destination did not get for one reason.
type RejectedGroup struct {
	// One of these is the name of what rejected the lines.
	Listener    string
	Destination string

	Reason ledger.Reason
	// Sender is the address of the host without a port, the path of a unix socket,
	// or "unix" for one without. It is [OtherSenders] for those that are not kept
	// apart, and empty if it is not known or the lines are of a destination.
	Sender      string
	Lines       int64
	First, Last time.Time
	Example     RejectedExample
}

// RejectedExample is one of the newest lines of a group: it is replaced at most once
// a second. It shows no credentials.
type RejectedExample struct {
	At    time.Time
	Lines int    // for how many lines of the group it stands; zero if there is no example
	Text  string // the line, cut to 200 bytes; empty if it is not known
	Err   string // what is wrong, in the words of the listener or the server
}

// OtherSenders is the sender of a group of the lines of all senders that have no
// group of their own.
const OtherSenders = "others"

const (
	// maxSenders is how many senders are kept apart for each reason of a listener,
	// so that a flood of one mistake hides no other.
	maxSenders = 20
	// maxExample is how many bytes of an example, and of its error, are kept once they
	// are masked.
	maxExample = 200
	// exampleTime is the time between two examples of a group, since making one
	// costs more than rejecting the line.
	exampleTime = time.Second
	// displaceTime is the time between two new senders that displace others, so
	// that a flood of senders neither costs much nor displaces all of them.
	displaceTime = time.Second
	// staleTime is how long a sender rejects nothing before any newer one may
	// displace it.
	staleTime = 10 * time.Minute
)

// rejections counts the lines that the listeners of a relay rejected.
type rejections struct {
	mu  sync.Mutex
	all map[string]*rejectedLines // guarded by mu; by name of the listener
}

// of returns those of a listener.
func (r *rejections) of(listener string) *rejectedLines {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.all[listener]
	if l == nil {
		l = &rejectedLines{listener: listener, reasons: make(map[ledger.Reason]*rejectedSenders)}
		if r.all == nil {
			r.all = make(map[string]*rejectedLines)
		}
		r.all[listener] = l
	}
	return l
}

// groups returns the groups of all listeners.
func (r *rejections) groups() (all []RejectedGroup) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.all {
		all = l.appendTo(all)
	}
	return all
}

// rejectedLines counts the lines that one listener rejected, by reason and sender.
// There are at most maxSenders and one more groups for each reason.
type rejectedLines struct {
	listener string

	mu      sync.Mutex
	reasons map[ledger.Reason]*rejectedSenders // guarded by mu
}

// rejectedSenders counts the lines that were rejected for one reason.
type rejectedSenders struct {
	groups    []*RejectedGroup // of one sender each
	others    *RejectedGroup   // nil if there is none
	displaced time.Time        // when a sender last made room for another
}

// rejection is lines that were rejected for one reason, of one sender.
type rejection struct {
	reason ledger.Reason
	sender string
	lines  int64
	at     time.Time
	text   string // of the first line
	err    string
}

func (l *rejectedLines) add(r rejection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.reasons[r.reason]
	if s == nil {
		s = &rejectedSenders{}
		l.reasons[r.reason] = s
	}
	g := s.group(r.sender, r.at)
	g.Listener, g.Reason = l.listener, r.reason
	g.count(r.lines, r.at, r.at)
	if g.Example.Lines == 0 || r.at.Sub(g.Example.At) >= exampleTime {
		g.Example = newExample(r.at, 1, r.text, r.err)
	}
}

// newExample returns an example without credentials.
func newExample(at time.Time, lines int, text, err string) RejectedExample {
	text, err = endpoint.RedactLine(text, err, maxExample)
	return RejectedExample{At: at, Lines: lines, Text: text, Err: err}
}

// count adds lines that were rejected from first to last.
func (g *RejectedGroup) count(lines int64, first, last time.Time) {
	g.Lines += lines
	if g.First.IsZero() || first.Before(g.First) {
		g.First = first
	}
	if last.After(g.Last) {
		g.Last = last
	}
}

// group returns the group of a sender, or that of the others.
func (s *rejectedSenders) group(sender string, now time.Time) *RejectedGroup {
	for _, g := range s.groups {
		if g.Sender == sender {
			return g
		}
	}
	if len(s.groups) >= maxSenders && !s.displace(now) {
		return s.others
	}
	g := &RejectedGroup{Sender: sender}
	s.groups = append(s.groups, g)
	return g
}

// displace adds one group to that of the others, which it makes, unless one was added
// a moment ago: the one that is idle for longest, if that is long, else one with the
// fewest lines.
func (s *rejectedSenders) displace(now time.Time) bool {
	if s.others == nil {
		s.others = &RejectedGroup{Sender: OtherSenders}
	} else if now.Sub(s.displaced) < displaceTime {
		return false
	}
	s.displaced = now
	least := 0
	for i, g := range s.groups {
		if g.isLess(s.groups[least], now) {
			least = i
		}
	}
	g := s.groups[least]
	s.groups = slices.Delete(s.groups, least, least+1)
	s.others.Listener, s.others.Reason = g.Listener, g.Reason
	s.others.count(g.Lines, g.First, g.Last)
	if g.Example.At.After(s.others.Example.At) {
		s.others.Example = g.Example
	}
	return true
}

// isLess reports whether g is displaced before h.
func (g *RejectedGroup) isLess(h *RejectedGroup, now time.Time) bool {
	stale := now.Add(-staleTime)
	if g.Last.Before(stale) || h.Last.Before(stale) {
		return g.Last.Before(h.Last)
	}
	return cmp.Or(cmp.Compare(g.Lines, h.Lines), g.Last.Compare(h.Last)) < 0
}

// appendTo appends copies of the groups to all.
func (l *rejectedLines) appendTo(all []RejectedGroup) []RejectedGroup {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.reasons {
		for _, g := range s.groups {
			all = append(all, *g)
		}
		if s.others != nil {
			all = append(all, *s.others)
		}
	}
	return all
}

// addListen adds lines that the listener rejected before they were decoded.
func (l *rejectedLines) addListen(r listen.Rejected) {
	l.add(rejection{reason: r.Reason, sender: r.From, lines: r.Lines, at: time.Now(), text: string(r.Text), err: explanations[r.Reason]})
}

// addBatch adds the lines of b that were rejected, and so many readings that were left
// out of accepted lines, which are of one sender.
func (l *rejectedLines) addBatch(b *reporters.Batch, readings int64, from listen.Sender) {
	for reason, n := range b.Rejected {
		l.addDecoded(b, reason, n, from)
	}
	if readings > 0 {
		l.addDecoded(b, ledger.BadReading, readings, from)
	}
}

func (l *rejectedLines) addDecoded(b *reporters.Batch, reason ledger.Reason, n int64, from listen.Sender) {
	r := rejection{reason: reason, sender: from.String(), lines: n, at: b.At, err: explanations[reason]}
	for i := range b.RejectedLines {
		if line := &b.RejectedLines[i]; line.Reason == reason {
			r.text, r.err = line.Text, line.Err.Error()
			break
		}
	}
	l.add(r)
}

// Rejected returns the lines that listeners rejected, and that destinations did not
// get for what they are, in groups; the one with the newest line first.
func (r *Relay) Rejected() []RejectedGroup {
	all := r.rejected.groups()
	for _, d := range r.allDestinations() {
		all = append(all, d.rejected.update(d, time.Now())...)
	}
	slices.SortFunc(all, func(a, b RejectedGroup) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Listener, b.Listener), cmp.Compare(a.Destination, b.Destination),
			cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Sender, b.Sender))
	})
	return all
}
