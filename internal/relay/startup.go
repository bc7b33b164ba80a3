package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/webpage"
)

// PrintForwards prints a line for each of Config.Forward: the format, where its
// lines go, and how many may wait.
func (r *Relay) PrintForwards(w io.Writer) {
	for _, ep := range r.forwards {
		room := "queue " + size(int64(r.bounds.queue))
		if r.bounds.spool > 0 && !formatOf(ep.Format).reportsChanges {
			room += ", spool " + size(r.bounds.spool)
		}
		fmt.Fprintf(w, "forwarding %s to %s (%s)\n", ep.Format, ep.Destination(), room)
	}
}

// checkTime is how long a destination may take to accept a connection, or its
// name to resolve, before the log says that it does not.
const checkTime = 5 * time.Second

// CheckForwards logs each of Config.Forward whose name does not resolve or whose
// port accepts no connection now. It connects once to those of streams and closes
// the connection; of udp only the name is checked. It returns when that is done or
// ctx ends.
func (r *Relay) CheckForwards(ctx context.Context) {
	var checking sync.WaitGroup
	for _, ep := range r.forwards {
		checking.Go(func() {
			if err := checkForward(ctx, ep); err != nil && ctx.Err() == nil {
				r.cfg.Logger.Warn("a destination cannot be reached now; its lines wait", "destination", ep.Format+"+"+ep.Destination(), "err", err)
			}
		})
	}
	checking.Wait()
}

// checkForward returns why lines cannot be sent to ep now, as far as that can be
// seen without sending any.
func checkForward(ctx context.Context, ep endpoint.Endpoint) error {
	if ep.IsHTTP() && usesProxy(ep.URL) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	network := ep.Transport
	if !ep.IsPath() {
		network = networkOf(ep)
	}
	if network == "udp" {
		host, _, err := net.SplitHostPort(ep.Address)
		if _, isIP := netip.ParseAddr(host); err == nil && isIP != nil {
			_, err = net.DefaultResolver.LookupHost(ctx, host)
		}
		return err
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, ep.Address)
	if err != nil {
		return causeOf(err)
	}
	return conn.Close()
}

// causeOf returns an error of package net without the address, which is logged
// beside it.
func causeOf(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err
	}
	return err
}

// usesProxy reports whether requests to u go to a proxy, by the environment.
func usesProxy(u *url.URL) bool {
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	return proxy != nil || err != nil
}

// ShowsCredentials reports whether an address like those of Config.Forward itself has
// a credential, instead of the name of a file with it.
func ShowsCredentials(addr string) bool {
	ep, err := parseForward(addr)
	return err == nil && ep.ShowsCredentials()
}

// AdminURL returns a URL of the admin pages that a browser on this machine can
// open, or "" if there are none.
func (r *Relay) AdminURL() string {
	if r.admin == nil {
		return ""
	}
	addr := r.admin.listener.Addr().String()
	if host, port, err := net.SplitHostPort(addr); err == nil && isWildcard(host) {
		addr = net.JoinHostPort("127.0.0.1", port)
	}
	u := url.URL{Scheme: "http", Host: addr, Path: "/"}
	return u.String()
}

// AdminIsOpen reports whether the admin pages are served on all interfaces.
func (r *Relay) AdminIsOpen() bool {
	return r.admin != nil && isWildcard(webpage.HostOf(r.admin.listener.Addr().String()))
}
