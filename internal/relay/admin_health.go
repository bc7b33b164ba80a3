package relay

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"monkit.example/internal/web"
)

// health collects the problems of a relay: that it drains, and listeners that
// failed. There is at most one problem more than there are listeners. health is
// the handler of /healthz.
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

// ServeHTTP responds to load balancers: with status 200, or with status 503 and
// the problems.
func (h *health) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	web.SetHeaders(w.Header())
	if problems := h.problems(); len(problems) > 0 {
		http.Error(w, strings.Join(problems, "\n"), http.StatusServiceUnavailable)
		return
	}
	web.WriteText(w, "ok\n")
}
