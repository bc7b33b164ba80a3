package webpage

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// crossSite is why RefuseCrossSite rejects a request, and what to do.
const crossSite = "Forbidden: a page of another site made this request or has the link that led here. " +
	"Such requests are refused, since they make this program work. Type the address into the address bar."

// crossSitePage is crossSite for a browser. Its link leads to the address of the
// page that shows it, and a click on it is a request of this site.
const crossSitePage = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Forbidden</title></head>
<body>
<h1>Forbidden</h1>
<p>A page of another site made this request, or has the link that led here. Such requests are refused, since they make this program work.</p>
<p><a href="">Open this page</a></p>
</body>
</html>
`

// RefuseCrossSite returns a handler that rejects requests which a browser made
// for a page of another site, with status 403, and passes all others to next.
// Such a page cannot read the response, but it could make the program work and
// wait. It does not keep out everybody: see RefusedCrossSite.
func RefuseCrossSite(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !RefusedCrossSite(w, r) {
			next.ServeHTTP(w, r)
		}
	})
}

// RefusedCrossSite responds to a request that RefuseCrossSite rejects, and
// reports whether it did. The header Sec-Fetch-Site (W3C Fetch Metadata) says
// what made a request, but browsers send it only to https and to loopback
// addresses. Elsewhere a header Origin or Referer with another host says it; a
// page may have its browser send none of them, and such a request passes.
func RefusedCrossSite(w http.ResponseWriter, r *http.Request) bool {
	if !isCrossSite(r) {
		return false
	}
	SetHeaders(w.Header(), "")
	if strings.Contains(strings.ToLower(strings.Join(r.Header["Accept"], ",")), "text/html") {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, crossSitePage) // fails only if the client has disconnected
		return true
	}
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
	if len(r.Header["Sec-Fetch-Site"]) > 0 {
		return false // a proxy may have changed the host
	}
	for _, name := range []string{"Origin", "Referer"} {
		for _, page := range r.Header[name] {
			if page != "" && !isOfHost(page, r.Host) {
				return true
			}
		}
	}
	return false
}

// isOfHost reports whether the URL of a page has this host, whatever the ports.
// The origin null has none.
func isOfHost(page, host string) bool {
	u, err := url.Parse(page)
	return err == nil && u.Host != "" && nameOf(HostOf(u.Host)) == nameOf(HostOf(host))
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

// hiddenKey is the key of a context whose value is a HiddenText.
type hiddenKey struct{}

// WithHiddenText returns a handler that passes requests to next whose pages of
// present have text in place of what they hide. It says what to do where
// present.Options are not what the user sets.
func WithHiddenText(next http.Handler, text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), hiddenKey{}, text)))
	})
}

// HiddenText returns the text of WithHiddenText, or "".
func HiddenText(ctx context.Context) string {
	text, _ := ctx.Value(hiddenKey{}).(string)
	return text
}
