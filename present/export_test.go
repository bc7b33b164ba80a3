package present

// Paths are those of every view that waits for nothing.
func Paths() (paths []string) {
	for _, p := range (handler{}).pages() {
		if p.name == "ui" { // has files, not views
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

// MaxRows is how many rows an HTML page shows.
const MaxRows = maxRows

var (
	ShortDuration = shortDuration
	ShortNumber   = shortNumber
)

// MaxWaiting is how many requests may wait for traces.
const MaxWaiting = maxWaiting

// Waiting reports whether any does.
func Waiting() bool { return waiting.Load() > 0 }

// KeepAliveOnce writes what keeps w alive.
var KeepAliveOnce = writeAlive
