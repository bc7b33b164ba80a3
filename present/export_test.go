package present

import (
	"context"
	"io"
	"net/http"

	"monkit.example/internal/loglimit"
	"monkit.example/monkit"
)

// Paths returns the path of every view that does not wait for a trace.
func Paths() (paths []string) {
	for _, p := range (handler{}).pages() {
		if p.name == "ui" { // it serves files
			continue
		}
		paths = append(paths, "/"+p.name)
		for _, v := range p.views {
			if p.name != "" && (p.name != "trace" || v.name == "html") {
				paths = append(paths, "/"+p.name+"/"+v.name)
			}
		}
	}
	return paths
}

// MaxRows is how many rows an HTML page shows at most.
const MaxRows = maxRows

var (
	ShortDuration = shortDuration
	ShortNumber   = shortNumber
)

// MaxWaiting is how many requests may wait for traces at a time.
const MaxWaiting = maxWaiting

// Waiting reports whether a request waits for a trace.
func Waiting() bool { return waiting.Load() > 0 }

// WriteKeepAlive writes one newline and flushes it.
var WriteKeepAlive = writeKeepAlive

// MaxAlike is how many roots are listed below the oldest that is alike.
const MaxAlike = maxAlike

// View is one view of the table of pages.
type View struct {
	Path       string
	Walks      bool // reads the registry or the recorder
	Waits      bool // waits for a trace
	ForProgram bool // has a format that is not to be changed
}

// Views returns every view.
func Views() (views []View) {
	for _, p := range pages {
		for _, v := range p.views {
			path := "/" + p.name + "/" + v.name
			if p.name == "" {
				path = "/"
			}
			views = append(views, View{path, v.work == walks, v.work == waits, v.serve != nil})
		}
	}
	return views
}

// HiddenText is what a page has in place of hidden texts.
const HiddenText = hiddenText

// Readers returns how many requests wait for pages of h that are being made.
func Readers(h http.Handler) (n int) {
	r := h.(handler).renderer
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.making {
		n += p.readers
	}
	return n
}

// Making returns how many pages of h are being made.
func Making(h http.Handler) int {
	r := h.(handler).renderer
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.making)
}

// PagesInMemory returns how many pages of the process are in memory.
func PagesInMemory() int { return len(inMemory) }

// Render makes a page and returns its error.
func Render(write Result) error {
	return newRenderer().write(context.Background(), "funcs", "", io.Discard, func(_ context.Context, w io.Writer) error { return write(w) })
}

// RootsOfWalks returns how many roots two walks find that follow one another.
func RootsOfWalks(r *monkit.Registry, first, second context.Context) [2]int {
	var c spanCache
	roots := func(ctx context.Context) int { return len(c.get(walk{registry: r, ctx: ctx}).roots) }
	return [2]int{roots(first), roots(second)}
}

// ForgetPanics allows the next record of a panic at once.
func ForgetPanics() { panicLog.limit = loglimit.Limit{} }
