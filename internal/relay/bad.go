package relay

import (
	"slices"
	"sync"
	"time"

	"monkit.example/reporters"
)

// keepBad is how many refused lines are kept to be looked at.
const keepBad = 20

// BadLine is a line that was refused.
type BadLine struct {
	At       time.Time
	Listener string
	Why      string // the ledger's reason
	Text     string // cut to 200 bytes
	Err      string
}

// badLines keeps the last few.
type badLines struct {
	mu   sync.Mutex
	last []BadLine // guarded by mu
}

func (k *badLines) add(listener string, bad []reporters.Bad) {
	if len(bad) == 0 {
		return
	}
	now := time.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, b := range bad {
		k.last = append(k.last, BadLine{now, listener, b.Why, b.Text, b.Err.Error()})
	}
	if n := len(k.last) - keepBad; n > 0 {
		k.last = slices.Delete(k.last, 0, n)
	}
}

// Bad returns the last lines that were refused, oldest first.
func (r *Relay) Bad() []BadLine {
	r.bad.mu.Lock()
	defer r.bad.mu.Unlock()
	return slices.Clone(r.bad.last)
}
