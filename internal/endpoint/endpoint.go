package endpoint

import (
	"net/url"
	"strings"
)

// The transports there are.
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
	Format    string     // "" if neither the text nor the Default named one
	Transport string     // one of the constants above
	Address   string     // host:port, or the path of a socket
	URL       *url.URL   // http and https only
	Options   url.Values // all others; nil if there are none
}

// Default says what a text may leave out, and what the caller can do.
type Default struct {
	Format    string // for texts without one
	Transport string // for texts without one; "" makes it required
	Port      string // for texts without one; "" makes it required
	HTTPPort  string // for texts that are a host alone, with Transport http; "" is the protocol's

	Formats    []string // allowed; nil is any, otherwise one is required
	Transports []string // allowed; nil is all

	// ServerSide is set by those who listen: the host may be left out, which
	// means all interfaces, and port 0 is a free one.
	ServerSide bool
}

// dialOptions are what each transport understands when it dials.
var dialOptions = map[string][]string{
	TLS: {"ca", "cert", "key", "servername"},
}

// listenOptions are the same for listeners.
var listenOptions = map[string][]string{
	UDP:      {"rcvbuf"},
	TCP:      {"idle"},
	TLS:      {"ca", "cert", "key", "idle"},
	Unix:     {"mode", "idle"},
	Unixgram: {"mode", "rcvbuf"},
}

// IsHTTP tells whether e has a URL.
func (e Endpoint) IsHTTP() bool { return e.Transport == HTTP || e.Transport == HTTPS }

// IsPath tells whether e's Address is the path of a socket.
func (e Endpoint) IsPath() bool { return e.Transport == Unix || e.Transport == Unixgram }

// String returns the endpoint as text that Parse takes, with every credential
// masked.
func (e Endpoint) String() string { return e.prefix() + e.Dest() + e.options() }

// Dest is String without format and options: what names a destination in
// statistics and logs.
func (e Endpoint) Dest() string {
	if e.URL == nil {
		return e.Transport + "://" + e.Address
	}
	u := *e.URL
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
	return "?" + maskQuery(e.Options.Encode())
}

// list joins names for people.
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
