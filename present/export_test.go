package present

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
