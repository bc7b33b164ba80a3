package relay

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"monkit.example/internal/web"
)

// health is what keeps a relay from being well. There are as many notes as
// listeners, and one.
type health struct {
	mu    sync.Mutex
	notes []string // guarded by mu
}

func (h *health) note(why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notes = append(h.notes, why)
}

// why is what was noted.
func (h *health) why() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.notes)
}

// ServeHTTP is for whoever decides where lines are sent: 503 means not here.
func (h *health) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	web.SetHeaders(w.Header())
	if why := h.why(); len(why) > 0 {
		http.Error(w, strings.Join(why, "\n"), http.StatusServiceUnavailable)
		return
	}
	web.WriteText(w, "ok\n")
}
