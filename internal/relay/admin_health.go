package relay

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"monkit.example/internal/web"
)

// health collects the problems of a relay: that it drains, and listeners that
// failed. There is at most one problem more than there are listeners.
type health struct {
	mu  sync.Mutex
	all []string // guarded by mu
}

func (h *health) add(problem string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, problem)
}

func (h *health) problems() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.all)
}

// serveHealth responds to load balancers: with status 200, or with status 503
// and the problems.
func (r *Relay) serveHealth(w http.ResponseWriter, req *http.Request) {
	problems := r.health.problems()
	if len(problems) == 0 {
		web.WriteText(w, "ok\n")
		return
	}
	if r.hides(req) {
		hideAll(problems)
	}
	web.Error(w, http.StatusServiceUnavailable, strings.Join(problems, "\n"))
}

// logProblems returns that lines of the log were lost, which is no reason for a load
// balancer to avoid the relay.
func (r *Relay) logProblems() []string {
	if r.cfg.LostLogs == nil || r.cfg.LostLogs() == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d log lines were lost: what reads the log ended, or does not keep up", r.cfg.LostLogs())}
}
