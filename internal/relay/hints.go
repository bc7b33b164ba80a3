package relay

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"monkit.example/reporters"
)

// HintCount is how many accepted lines of a listener had something by which their
// sender and the options of the listener seem not to belong together.
type HintCount struct {
	Listener    string
	Hint        reporters.Hint
	Lines       int64
	First, Last time.Time
}

// hints counts what decoders noticed in accepted lines. There are as many as
// listeners times the hints of their format.
type hints struct {
	mu  sync.Mutex
	all []*HintCount // guarded by mu
}

// add adds n lines, and reports whether they are the first.
func (h *hints) add(listener string, hint reporters.Hint, n int64, at time.Time) (first bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := slices.IndexFunc(h.all, func(c *HintCount) bool { return c.Listener == listener && c.Hint == hint })
	if i < 0 {
		h.all = append(h.all, &HintCount{listener, hint, n, at, at})
		return true
	}
	h.all[i].Lines += n
	h.all[i].Last = at
	return false
}

// addHints counts the hints of b, and logs the first of each kind of a listener.
func (r *Relay) addHints(b *reporters.Batch) {
	for hint, n := range b.Hints {
		if r.hints.add(b.Listener, hint, n, b.At) {
			r.cfg.Logger.Warn("lines do not seem to fit the options of their listener", "listener", b.Listener, "hint", hint.Name, "advice", hint.Advice)
		}
	}
}

// Hints returns what was noticed in accepted lines, by listener and name.
func (r *Relay) Hints() []HintCount {
	r.hints.mu.Lock()
	defer r.hints.mu.Unlock()
	var all []HintCount
	for _, c := range r.hints.all {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b HintCount) int {
		return cmp.Or(cmp.Compare(a.Listener, b.Listener), cmp.Compare(a.Hint.Name, b.Hint.Name))
	})
	return all
}
