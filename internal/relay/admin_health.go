package relay

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"monkit.example/internal/web"
)

// health collects the reasons why no more lines should be sent to a relay: that
// it drains, and listeners that failed. It is the handler of /healthz. There
// are at most as many problems as listeners, and one.
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
