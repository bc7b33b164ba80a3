package relay

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"monkit.example/internal/web"
)

// scope is where a relay's own series are found.
const scope = "monkit.example/internal/relay"

// admin is where a relay shows itself.
type admin struct {
	listener net.Listener
	started  time.Time
}

func (r *Relay) checkAdmin() error {
	if r.cfg.HTTP == "" {
		return nil
	}
	address, err := web.Address(r.cfg.HTTP)
	if err != nil {
		return fmt.Errorf("http: %w", err)
	}
	r.cfg.HTTP = address
	return nil
}

func (r *Relay) openAdmin() error {
	if r.cfg.HTTP == "" {
		return nil
	}
	l, err := web.Listen(r.cfg.HTTP)
	if err != nil {
		return fmt.Errorf("http: %w", err)
	}
	r.admin = &admin{listener: l, started: time.Now()}
	return nil
}

// close lets go of pages that were never served.
func (a *admin) close() {
	if a != nil {
		a.listener.Close() // an error changes nothing any more
	}
}

// AdminURL is where the admin pages are, or "".
func (r *Relay) AdminURL() string {
	if r.admin == nil {
		return ""
	}
	return "http://" + r.admin.listener.Addr().String() + "/"
}

// show makes the relay visible until end is called: its series to the
// registry, its pages to readers, and that it drains once ctx has ended.
func (r *Relay) show(ctx context.Context) (end func()) {
	detach := func() {}
	if r.cfg.Registry != nil {
		detach = r.cfg.Registry.ScopeNamed(scope).Attach(r)
	}
	known := context.AfterFunc(ctx, func() { r.health.note("draining: the relay is about to end") })
	hide := r.serveAdmin(context.WithoutCancel(ctx)) // while it drains too
	return func() {
		hide()
		known()
		detach()
	}
}

// serveAdmin serves the pages until hide is called.
func (r *Relay) serveAdmin(ctx context.Context) (hide func()) {
	if r.admin == nil {
		return func() {}
	}
	h := r.guarded(r.admin.listener.Addr().String())
	ctx, cancel := context.WithCancel(ctx)
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := web.Serve(ctx, r.admin.listener, h); err != nil {
			r.cfg.Logger.Error("the admin pages broke", "err", err)
		}
	}()
	return func() {
		cancel()
		<-served
	}
}

// guarded are the pages, for this machine only if address is of it alone.
func (r *Relay) guarded(address string) http.Handler {
	if web.IsLocal(address) {
		return web.OnlyLocal(r.pages())
	}
	r.cfg.Logger.Warn("the admin pages can be read by whoever reaches this address", "address", address)
	return r.pages()
}
