package send

import (
	"io/fs"
	"os"
	"time"
)

// pathWatch finds out that another socket was bound to a path: by a server that
// started while the one that is connected to still runs. One goroutine calls its
// methods.
type pathWatch struct {
	path     string
	info     fs.FileInfo // of the socket that is connected to; nil if it has no file
	next     time.Time   // when to look again
	replaced bool
}

// watchPath is called before the path is dialed.
func watchPath(path string) *pathWatch {
	w := &pathWatch{path: path, next: time.Now().Add(lookupInterval)}
	if info, err := os.Stat(path); err == nil {
		w.info = info
	}
	return w
}

// isReplaced looks at the path every lookupInterval. A path without a file says
// nothing: its server may be about to start.
func (w *pathWatch) isReplaced() bool {
	if w == nil || w.info == nil || w.replaced {
		return w != nil && w.replaced
	}
	if time.Now().Before(w.next) {
		return false
	}
	return w.look()
}

// look is isReplaced at once, for a caller whose server does not read.
func (w *pathWatch) look() (replaced bool) {
	if w == nil || w.info == nil || w.replaced {
		return w != nil && w.replaced
	}
	w.next = time.Now().Add(lookupInterval)
	info, err := os.Stat(w.path)
	w.replaced = err == nil && !os.SameFile(w.info, info)
	return w.replaced
}
