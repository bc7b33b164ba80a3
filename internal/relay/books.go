package relay

import (
	"os"
	"path/filepath"

	"monkit.example/internal/push"
	"monkit.example/reporters/ledger"
)

// openBook returns the book of the listener with that name, or nil for one in
// memory. With a spool it is in a file there, so that the next run knows what was
// received and not decoded when this one was killed.
func (r *Relay) openBook(listener string) *ledger.ListenerBook {
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
	book, err := ledger.OpenListenerBook(filepath.Join(dir, push.Folder(listener)), listener)
	if err != nil {
		r.cfg.Logger.Warn("the counts of received lines do not survive this process", "listener", listener, "err", err)
	}
	if last, end := book.Recovered(); end > ledger.EndClean {
		r.cfg.Logger.Warn("the last run did not end in order", "listener", listener,
			"lost", last.Pending, "end", end.String(), "ledger", last.String())
	}
	return book
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
