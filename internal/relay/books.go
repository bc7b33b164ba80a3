package relay

import (
	"os"
	"path/filepath"

	"monkit.example/internal/push"
	"monkit.example/reporters/ledger"
)

// openBook returns the book of the listener with that name, or nil for one in
// memory. With a spool it is in a file there, so that the next run knows what was
// received and not decoded when this one was killed. If only the former name, which
// has the listener's options, has a file, that is used: its counts go on.
func (r *Relay) openBook(listener, former string) *ledger.ListenerBook {
	switch {
	case r.cfg.ListenerBook != nil:
		return r.cfg.ListenerBook(listener)
	case r.cfg.Spool == "":
		return nil
	}
	dir := filepath.Join(r.cfg.Spool, "listeners")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		r.cfg.Logger.Warn("the counts of received lines do not survive this process", "listener", listener, "err", err)
		return nil
	}
	identity := listener
	if !exists(filepath.Join(dir, push.Folder(listener))) && exists(filepath.Join(dir, push.Folder(former))) {
		identity = former
	}
	book, err := ledger.OpenListenerBook(filepath.Join(dir, push.Folder(identity)), identity)
	if err != nil {
		r.cfg.Logger.Warn("the counts of received lines do not survive this process", "listener", listener, "err", err)
	}
	if last, end := book.Recovered(); end > ledger.EndClean {
		r.cfg.Logger.Warn("the last run did not end in order", "listener", listener,
			"lost", last.Pending, "end", end.String(), "ledger", last.String())
	}
	return book
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// closeBooks closes the books of the listeners, which have ended.
func (r *Relay) closeBooks() {
	for _, rec := range r.receivers {
		if err := rec.listener.Book().Close(); err != nil {
			r.cfg.Logger.Warn("closing the book of a listener failed", "listener", rec.listener.Name(), "err", err)
		}
	}
}

func closeBook(b *ledger.ListenerBook) error {
	if b == nil {
		return nil
	}
	return b.Close()
}
