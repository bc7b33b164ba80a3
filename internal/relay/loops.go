package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/listen"
)

// lookupTime bounds how long the start waits for names, of all addresses together.
// A name that is not resolved by then is taken for that of another machine.
const lookupTime = 2 * time.Second

// neighbours finds addresses at which this machine itself receives.
type neighbours struct {
	ctx    context.Context
	lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	// local has the addresses of this machine, and those to which it broadcasts.
	local []netip.Addr
	known map[string][]netip.Addr // by host name
}

// newNeighbours returns neighbours whose lookups end with ctx.
func newNeighbours(ctx context.Context) *neighbours {
	n := &neighbours{ctx: ctx, known: make(map[string][]netip.Addr)}
	n.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
	addrs, _ := net.InterfaceAddrs() // without them, loopback addresses are still known
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			n.local = append(n.local, p.Addr().Unmap(), broadcastOf(p))
		}
	}
	return n
}

// broadcastOf returns the last address of p, which is its broadcast address.
func broadcastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().Unmap().AsSlice()
	if len(b) != 4 {
		return p.Addr() // IPv6 has none
	}
	for bit := p.Bits(); bit < 32; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	addr, _ := netip.AddrFromSlice(b) // four bytes
	return addr
}

// receives reports whether what is sent to an address arrives at a listener. A
// listener of another kind of socket does not receive it.
func (n *neighbours) receives(listener, to endpoint.Endpoint) bool {
	if networkOf(listener) != networkOf(to) {
		return false
	}
	if listener.IsPath() {
		return realPath(listener.Address) == realPath(to.Address)
	}
	host, port, err := net.SplitHostPort(listener.Address)
	toHost, toPort, toErr := net.SplitHostPort(to.Address)
	if err != nil || toErr != nil || port != toPort {
		return false
	}
	everywhere := isWildcard(host)
	at := n.addrs(host)
	return slices.ContainsFunc(n.targets(toHost), func(a netip.Addr) bool {
		return everywhere && (a.IsLoopback() || slices.Contains(n.local, a)) || slices.Contains(at, a)
	})
}

// overlaps reports whether two listeners need the same socket. All wildcards are
// the same: Go's listen to both versions of IP.
func (n *neighbours) overlaps(a, b endpoint.Endpoint) bool {
	if networkOf(a) != networkOf(b) || a.IsPath() {
		return networkOf(a) == networkOf(b) && realPath(a.Address) == realPath(b.Address)
	}
	host, port, _ := net.SplitHostPort(a.Address)
	otherHost, otherPort, _ := net.SplitHostPort(b.Address)
	if port != otherPort || port == "0" {
		return false
	}
	others := n.addrs(otherHost)
	return isWildcard(host) || isWildcard(otherHost) ||
		slices.ContainsFunc(n.addrs(host), func(a netip.Addr) bool { return slices.Contains(others, a) })
}

// networkOf returns what the sockets of an endpoint share: two of different
// networks never meet.
func networkOf(ep endpoint.Endpoint) string {
	switch {
	case ep.IsPath():
		return "unix"
	case ep.Transport == endpoint.UDP:
		return "udp"
	}
	return "tcp"
}

func isWildcard(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "" || err == nil && addr.IsUnspecified()
}

var loopbacks = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}

// targets returns the addresses that a client of host connects to. The system
// connects to a loopback address in place of the unspecified one.
func (n *neighbours) targets(host string) []netip.Addr {
	if isWildcard(host) {
		return loopbacks
	}
	return n.addrs(host)
}

// addrs returns the addresses of host, or none if they are not known soon.
func (n *neighbours) addrs(host string) []netip.Addr {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr.Unmap().WithZone("")}
	}
	if strings.ToLower(strings.TrimSuffix(host, ".")) == "localhost" {
		return loopbacks
	}
	all, ok := n.known[host]
	if !ok && host != "" {
		all, _ = n.lookup(n.ctx, host) // a name that does not resolve is no address of this machine
		for i, a := range all {
			all[i] = a.Unmap().WithZone("")
		}
		n.known[host] = all
	}
	return all
}

// realPath returns the path of a socket, which may not exist yet, without links.
func realPath(path string) string {
	if strings.HasPrefix(path, "@") && runtime.GOOS == "linux" {
		return path // a name that is no file
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	for range 40 { // as many links as Linux follows
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return filepath.Clean(path)
}

// checkLoops returns an error for each destination at which the relay itself
// receives: its lines would come back for ever, or be rejected by a listener of
// another format. Relays that forward to each other, and what a proxy or the
// rules of a firewall redirect, cannot be seen here. It waits for names for
// lookupTime at most; addresses that are wrong have other errors.
func (r *Relay) checkLoops() error {
	ctx, cancel := context.WithTimeout(context.Background(), lookupTime)
	defer cancel()
	n := newNeighbours(ctx)
	var errs []error
	for _, to := range r.forwards {
		for _, own := range r.ownSockets() {
			if n.receives(own.Endpoint, to) {
				errs = append(errs, fmt.Errorf("forward: address %q: %s; write the address of another server, or another port or path for one of the two", to, own.what))
				break
			}
		}
	}
	return errors.Join(errs...)
}

// An ownSocket is a socket of the relay that receives. What says which, in an
// error of a destination.
type ownSocket struct {
	endpoint.Endpoint
	what string
}

// ownSockets returns the listeners and the pages.
func (r *Relay) ownSockets() (all []ownSocket) {
	for _, a := range r.listeners {
		all = append(all, ownSocket{a.Endpoint, fmt.Sprintf("this relay itself receives there, by -listen %s, so that lines would come back for ever", a.Endpoint)})
	}
	if r.cfg.HTTP != "" {
		ep := endpoint.Endpoint{Transport: endpoint.TCP, Address: r.cfg.HTTP}
		all = append(all, ownSocket{ep, "the pages of this relay are there, by -http " + r.cfg.HTTP})
	}
	return all
}

// explainTaken returns the error of a listener that could not be bound, and says
// so if that is because of another listener of this relay, or its pages.
func (r *Relay) explainTaken(ep endpoint.Endpoint, err error) error {
	if !listen.IsInUse(err) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupTime)
	defer cancel()
	n := newNeighbours(ctx)
	pages := endpoint.Endpoint{Transport: endpoint.TCP, Address: r.cfg.HTTP}
	if r.cfg.HTTP != "" && n.overlaps(ep, pages) {
		return fmt.Errorf("listen: address %q: the pages use it, by -http %s; write another port for one of the two", ep, r.cfg.HTTP)
	}
	for i := range r.receivers {
		other := r.listeners[i].Endpoint
		switch {
		case !n.overlaps(ep, other):
		case ep.String() == other.String():
			return fmt.Errorf("listen: address %q stands there twice; leave one of the two out", ep)
		default:
			return fmt.Errorf("listen: address %q: -listen %s uses it already; leave one of the two out, or write another port or path", ep, other)
		}
	}
	return err
}
