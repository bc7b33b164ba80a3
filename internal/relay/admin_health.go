package relay

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"monkit.example/internal/web"
)

// The pages of load balancers. They respond also when all others are occupied.
const (
	healthPath = "/healthz"
	readyPath  = "/readyz"
)

// Why a relay is not ready.
const (
	starting = "starting: the listeners are bound, but not read yet"
	draining = "draining: the relay delivers what is pending, then it ends"
)

// health collects the problems of a relay: that it drains, and listeners that
// failed. There is at most one problem more than there are listeners.
type health struct {
	mu      sync.Mutex
	all     []string // guarded by mu
	started bool     // guarded by mu; all listeners are bound, and will be read
}

// start notes that all listeners are bound, and will be read.
func (h *health) start() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.started = true
}

// obstacles returns why the relay is not ready for lines.
func (h *health) obstacles() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := slices.Clone(h.all)
	if !h.started {
		all = append(all, starting)
	}
	return all
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
	r.serveProblems(w, req, r.health.problems())
}

// serveReady responds with status 200 while the relay takes lines: it reads all its
// listeners, and does not drain. Else it responds with status 503 and why.
func (r *Relay) serveReady(w http.ResponseWriter, req *http.Request) {
	r.serveProblems(w, req, r.health.obstacles())
}

func (r *Relay) serveProblems(w http.ResponseWriter, req *http.Request, problems []string) {
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
