package endpoint

import (
	"net/url"
	"slices"
	"strings"
)

// The transports.
const (
	TCP      = "tcp"
	TLS      = "tls"
	UDP      = "udp"
	Unix     = "unix"
	Unixgram = "unixgram"
	HTTP     = "http"
	HTTPS    = "https"
)

var transports = []string{TCP, TLS, UDP, Unix, Unixgram, HTTP, HTTPS}

// Sockets returns all transports but http and https.
func Sockets() []string { return []string{UDP, TCP, TLS, Unix, Unixgram} }

// Endpoint is a parsed address.
type Endpoint struct {
	Format    string     // "" if neither the address nor the Default names one
	Transport string     // one of the constants above
	Address   string     // host:port, or the path of a socket
	URL       *url.URL   // http and https only; its Host has a port if one was written
	Options   url.Values // those that are not the server's own; nil if there are none
}

// Default completes addresses that leave a part out, and restricts them to what
// the caller supports.
type Default struct {
	Format    string // of an address without one
	Transport string // of an address without one; "" makes it required
	Port      string // of an address without one; "" makes it required
	HTTPPort  string // of an address that is a host alone, with Transport http; "" is the protocol's

	Formats    []string // the allowed ones, of which one is required; nil allows any and none
	Transports []string // the allowed ones; nil allows all

	// Options are the options of each format, beside those of the transport.
	Options map[string][]string

	// ServerSide is for listeners. An address without a host means all
	// interfaces, and port 0 a free port.
	ServerSide bool
}

// dialOptions are the options of each transport for a client. The rest of the
// query of an http or https address belongs to the server.
var dialOptions = map[string][]string{
	TLS:   {"ca", "cert", "key", "servername"},
	HTTP:  {"tokenfile"},
	HTTPS: {"ca", "cert", "key", "servername", "tokenfile"},
}

// listenOptions are the options of each transport for a listener.
var listenOptions = map[string][]string{
	UDP:      {"rcvbuf"},
	TCP:      {"idle", "maxconns"},
	TLS:      {"ca", "cert", "key", "idle", "maxconns"},
	Unix:     {"mode", "idle", "maxconns"},
	Unixgram: {"mode", "rcvbuf"},
}

// known returns the options that an address of the format and transport may have.
func (d Default) known(format, transport string) []string {
	options := dialOptions[transport]
	if d.ServerSide {
		options = listenOptions[transport]
	}
	return append(slices.Clip(options), d.Options[format]...)
}

// IsHTTP reports whether the transport is http or https, so that e has a URL.
func (e Endpoint) IsHTTP() bool { return e.Transport == HTTP || e.Transport == HTTPS }

// IsPath reports whether Address is the path of a socket.
func (e Endpoint) IsPath() bool { return e.Transport == Unix || e.Transport == Unixgram }

// String returns an address that Parse accepts, in which every credential is
// masked. An http URL has a port only if one was written: the server sees the
// difference.
func (e Endpoint) String() string {
	if e.URL == nil {
		return e.prefix() + e.Destination() + e.options()
	}
	return e.prefix() + e.maskedURL(e.URL.Host, maskPairs) + e.options()
}

// Destination returns String without format and options, and always with the
// port. It is the name of a destination in statistics and logs.
func (e Endpoint) Destination() string {
	if e.URL == nil {
		return e.Transport + "://" + e.Address
	}
	return e.maskedURL(e.Address, maskPairs)
}

// Name returns String without options. It is the name of a listener.
func (e Endpoint) Name() string { return e.prefix() + e.Destination() }

// FormerDestination returns what Destination was before more names of secrets were
// known. It is for finding files that have this name, and may show credentials.
func (e Endpoint) FormerDestination() string {
	if e.URL == nil {
		return e.Destination()
	}
	return e.maskedURL(e.Address, formerMask)
}

// maskedURL returns the URL with another host, and with every credential masked.
func (e Endpoint) maskedURL(host string, maskQuery func(string) string) string {
	u := *e.URL
	u.Host = host
	u.User = maskUser(u.User)
	u.RawQuery = maskQuery(u.RawQuery)
	return u.String()
}

func (e Endpoint) prefix() string {
	if e.Format == "" {
		return ""
	}
	return e.Format + "+"
}

func (e Endpoint) options() string {
	if len(e.Options) == 0 {
		return ""
	}
	mark := "?"
	if e.URL != nil && e.URL.RawQuery != "" {
		mark = "&"
	}
	return mark + maskOptions(e.Options)
}

// list joins names for an error text: "a, b or c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
