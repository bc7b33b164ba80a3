package webpage

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// crossSite is why RefuseCrossSite rejects a request.
const crossSite = "Forbidden: this request was made by a page of another site; open the address itself"

// RefuseCrossSite returns a handler that rejects requests which a browser made
// for a page of another site, with status 403, and passes all others to next.
// Such a page cannot read the response, but it could make the program work and
// wait. Browsers send the header (W3C Fetch Metadata), other programs do not.
func RefuseCrossSite(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !RefusedCrossSite(w, r) {
			next.ServeHTTP(w, r)
		}
	})
}

// RefusedCrossSite responds to a request that RefuseCrossSite rejects, and
// reports whether it did.
func RefusedCrossSite(w http.ResponseWriter, r *http.Request) bool {
	if !isCrossSite(r) {
		return false
	}
	SetHeaders(w.Header(), "")
	Error(w, http.StatusForbidden, crossSite)
	return true
}

// isCrossSite reports whether a browser made the request for a page of another
// site.
func isCrossSite(r *http.Request) bool {
	for _, site := range r.Header["Sec-Fetch-Site"] {
		if strings.ToLower(strings.TrimSpace(site)) == "cross-site" {
			return true
		}
	}
	return false
}

// Names are the names by which users open pages, besides loopback names and IP
// addresses. Case does not matter. The name "*" is any.
type Names []string

// Trusted reports whether a Host header, which may have a port, is a loopback
// name, an IP address, or one of n. An attacker can let any other name resolve
// to the address of these pages, so that a page of the attacker at that name may
// read them (DNS rebinding).
func (n Names) Trusted(host string) bool {
	host = HostOf(host)
	if IsLoopback(host) || net.ParseIP(withoutZone(host)) != nil {
		return true
	}
	host = nameOf(host)
	return slices.ContainsFunc(n, func(name string) bool {
		return name == "*" || host != "" && nameOf(name) == host
	})
}

// IsLoopback reports whether host, without a port, is an address or a name of
// this machine alone: localhost and the names below it (RFC 6761).
func IsLoopback(host string) bool {
	if ip := net.ParseIP(withoutZone(host)); ip != nil {
		return ip.IsLoopback()
	}
	name := nameOf(host)
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// nameOf returns a host name in the one form that names are compared in.
func nameOf(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// HostOf returns address without its port and the brackets of IPv6.
func HostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	if strings.HasPrefix(address, "[") && strings.HasSuffix(address, "]") {
		return address[1 : len(address)-1]
	}
	return address
}

// withoutZone returns an IPv6 address without its zone.
func withoutZone(host string) string {
	address, _, _ := strings.Cut(host, "%")
	return address
}
