package relay

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"monkit.example/internal/web"
	"monkit.example/internal/webpage"
)

// scope is the scope of the relay's own series in Config.Registry.
const scope = "monkit.example/internal/relay"

// admin is the listener of the admin pages. New binds it, and Run serves it.
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

// close closes the listener of pages that were never served.
func (a *admin) close() {
	if a != nil {
		a.listener.Close() // no request was accepted, so an error loses nothing
	}
}

// publish adds the series of the relay to the registry and serves the admin
// pages, until end is called. When ctx ends, which begins the drain, health
// reports it.
func (r *Relay) publish(ctx context.Context) (end func()) {
	detach := func() {}
	if r.cfg.Registry != nil {
		detach = r.cfg.Registry.ScopeNamed(scope).Attach(r)
	}
	stopNote := context.AfterFunc(ctx, func() { r.health.add(draining) })
	stopServing := r.serveAdmin(context.WithoutCancel(ctx)) // also during the drain
	return func() {
		stopServing()
		stopNote()
		detach()
	}
}

// serveAdmin serves the pages until stop is called.
func (r *Relay) serveAdmin(ctx context.Context) (stop func()) {
	if r.admin == nil {
		return func() {}
	}
	h := r.adminHandler(r.admin.listener.Addr().String())
	o := webpage.Options{Health: []string{healthPath, readyPath}, Logger: r.cfg.Logger}
	ctx, cancel := context.WithCancel(ctx)
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := webpage.ServeWith(ctx, r.admin.listener, h, o); err != nil {
			r.cfg.Logger.Error("serving the admin pages failed", "err", err)
		}
	}()
	return func() {
		cancel()
		<-served
	}
}

// adminHandler returns the handler of the pages. If address is a loopback
// address, it rejects requests that were made by another name. It rejects those
// that a browser says to be of a page of another site: at a loopback address all
// of them, elsewhere those with a header Origin or Referer that shows it.
func (r *Relay) adminHandler(address string) http.Handler {
	if web.IsLocal(address) {
		return web.OnlyLocal(r.pages())
	}
	r.cfg.Logger.Warn("the admin pages are open to everyone who can reach this address", "address", address)
	return webpage.RefuseCrossSite(r.pages())
}

// names returns the names by which the pages show all texts: the host of
// Config.HTTP.
func (r *Relay) names() webpage.Names { return webpage.Names{webpage.HostOf(r.cfg.HTTP)} }

// hidden is what pages have in place of texts that a page of an attacker, which
// lets its name resolve to this address, must not read.
const hidden = "[hidden: open this page by its IP address, or start the relay with this name in -http]"

// hides reports whether the pages hide texts from the request.
func (r *Relay) hides(req *http.Request) bool { return !r.names().Trusted(req.Host) }
