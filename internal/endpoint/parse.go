package endpoint

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Linux has 108 bytes for the path of a socket and the zero byte that ends it.
const maxPath = 107

// Parse parses one address. An error explains what is wrong and what to write
// instead. It shows no credentials.
func Parse(s string, d Default) (Endpoint, error) {
	e, err := parse(s, d)
	if err != nil {
		return Endpoint{}, fmt.Errorf("address %q: %w", Redact(s), err)
	}
	return e, nil
}

func parse(s string, d Default) (Endpoint, error) {
	if err := cmp.Or(checkText(s, d), misspelled(s, d)); err != nil {
		return Endpoint{}, err
	}
	e, rest, err := parseHead(s, d)
	if err != nil {
		return e, err
	}
	if e.IsHTTP() {
		return e.parseURL(rest, !strings.Contains(s, "://"), d)
	}
	address, query, found := strings.Cut(rest, "?")
	if found {
		if e.Options, err = e.parseOptions(query, d); err != nil {
			return e, err
		}
	}
	if e.IsPath() {
		e.Address = address
		return e, checkPath(address)
	}
	e.Address, err = parseHostPort(address, d)
	return e, err
}

// parseHead cuts format and transport off s.
func parseHead(s string, d Default) (e Endpoint, rest string, err error) {
	e = Endpoint{Format: d.Format, Transport: d.Transport}
	scheme, rest, found := strings.Cut(s, "://")
	if found && strings.ContainsAny(scheme, ":/?[@") {
		found = false // the :// is a part of the address
	}
	if !found {
		scheme, rest = "", s
		if i := strings.IndexAny(s, "+:/?[@."); i >= 0 && s[i] == '+' {
			scheme, rest = s[:i+1], s[i+1:]
		}
	}
	if format, transport, ok := strings.Cut(scheme, "+"); ok {
		if format == "" {
			return e, "", errors.New("nothing before the +; write a format there, or leave out the +")
		}
		e.Format, scheme = strings.ToLower(format), transport
	}
	scheme = strings.ToLower(scheme)
	switch {
	case isReversed(e.Format, scheme, d):
		return e, "", fmt.Errorf("the format goes before the transport; write %s", Redact(scheme+"+"+e.Format+"://"+rest))
	case isFormat(scheme, d) && !slices.Contains(transports, scheme):
		return e, "", noTransport(scheme, rest, d)
	case scheme != "":
		e.Transport = scheme
	case found && isFormat(e.Format, d):
		return e, "", noTransport(e.Format, rest, d)
	case found:
		return e, "", fmt.Errorf("no transport before ://; write %s", list(allowed(d)))
	}
	return e, rest, checkHead(e, rest, d)
}

func checkHead(e Endpoint, rest string, d Default) error {
	if strings.HasPrefix(rest, "/") && !e.IsPath() && !e.IsHTTP() {
		return pathForHost(e, rest)
	}
	if e.Transport == "" {
		return fmt.Errorf("no transport; write one of %s before the address, as in %s", list(allowed(d)), hostExample(e, rest, d))
	}
	if !slices.Contains(allowed(d), e.Transport) {
		return fmt.Errorf("transport %q is not possible here; write %s", e.Transport, list(allowed(d)))
	}
	switch {
	case d.Formats == nil:
	case e.Format == "":
		return fmt.Errorf("no format; write %s before it, as in %s", list(d.Formats), hostExample(e, rest, d))
	case !slices.Contains(d.Formats, e.Format):
		return fmt.Errorf("format %q is not known; write %s", e.Format, list(d.Formats))
	}
	return checkFormat(e.Format)
}

func checkFormat(format string) error {
	for _, r := range format {
		if r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') {
			return fmt.Errorf("%q in the format; only letters, digits, - and _ may stand before the +", r)
		}
	}
	return nil
}

func allowed(d Default) []string {
	if d.Transports == nil {
		return transports
	}
	return d.Transports
}

// shortPath returns s without its options.
func shortPath(s string) string {
	path, _, _ := strings.Cut(s, "?")
	return path
}

// parseURL parses the address of an http endpoint. A bare address has no scheme;
// its default port is that of d rather than that of http.
func (e Endpoint) parseURL(rest string, bare bool, d Default) (Endpoint, error) {
	u, err := url.Parse(e.Transport + "://" + rest)
	if err != nil {
		// The error may quote a password, so it is not shown.
		return e, errors.New("not a URL; write http://host:port/path?query, with special characters of user and password escaped as %XX")
	}
	u.Fragment, u.RawFragment = "", ""
	if u.Port() == "" && strings.HasSuffix(u.Host, ":") {
		return e, errors.New("nothing after the colon; write a port there, or leave out the colon")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{HTTP: "80", HTTPS: "443"}[e.Transport]
		if bare && d.HTTPPort != "" {
			port = d.HTTPPort
			u.Host += ":" + port
		}
	}
	if e.Address, err = join(u.Hostname(), port, d); err != nil {
		return e, err
	}
	e.URL = u
	if !d.ServerSide {
		if e.Options, u.RawQuery, err = cutOptions(u.RawQuery, d.known(e.Format, e.Transport)); err == nil {
			e.Options, u.RawQuery, err = cutCredentials(e.Options, u.RawQuery)
		}
		u.ForceQuery = false
	}
	return e, err
}

// cutOptions takes the options of a client out of the query of a URL. The rest,
// which belongs to the server, keeps its order and its escapes.
func cutOptions(query string, known []string) (o url.Values, rest string, err error) {
	var others []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if n, err := url.QueryUnescape(name); err == nil {
			name = n
		}
		if !slices.Contains(known, name) {
			others = append(others, pair)
			continue
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return nil, "", fmt.Errorf("option %q cannot be read; write special characters of its value as %%XX", name)
		}
		if o.Has(name) {
			return nil, "", fmt.Errorf("option %q stands there more than once; write it once", name)
		}
		if o == nil {
			o = url.Values{}
		}
		o.Set(name, value)
	}
	return o, strings.Join(others, "&"), nil
}

func (e Endpoint) parseOptions(query string, d Default) (url.Values, error) {
	if query == "" {
		return nil, nil
	}
	o, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("the options cannot be read; write name=value&name=value, with special characters as %XX")
	}
	known := d.known(e.Format, e.Transport)
	for name, values := range o {
		switch {
		case len(known) == 0:
			return nil, fmt.Errorf("option %q: %s has no options here; leave out what follows the ?", name, e.Transport)
		case !slices.Contains(known, name):
			return nil, fmt.Errorf("option %q is not known for %s; write %s", name, e.Transport, list(known))
		case len(values) != 1:
			return nil, fmt.Errorf("option %q stands there %d times; write it once", name, len(values))
		}
	}
	return o, nil
}

func checkPath(path string) error {
	switch {
	case path == "":
		return errors.New("no path; write unix:///run/name.sock")
	case len(path) > maxPath:
		return fmt.Errorf("the path has %d bytes, a socket's at most %d; write a shorter one", len(path), maxPath)
	case !rooted(path):
		return fmt.Errorf("the path %q is not absolute; write three slashes, unix:///%s, or ./ before it if you mean that", path, path)
	}
	return nil
}

// rooted reports whether path is unambiguous: it is absolute, starts with . or ..,
// or is an abstract name of Linux or a path on a drive of Windows. A path without
// a root is most likely one of which two slashes were written instead of three.
func rooted(path string) bool {
	for _, p := range []string{"/", "./", "../", "@"} {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return len(path) > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/')
}

func parseHostPort(s string, d Default) (string, error) {
	if i := strings.IndexByte(s, '@'); i >= 0 {
		return "", errors.New("a user or password before @, which only http and https have; leave it out")
	}
	if i := strings.IndexAny(s, "/#"); i >= 0 {
		return "", fmt.Errorf("%q after the port, where nothing follows; leave it out", s[i:])
	}
	if err := checkColons(s, d); err != nil {
		return "", err
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return joinDefault(s, d)
	}
	return join(host, port, d)
}

// joinDefault returns s, which has no port, with the default port.
func joinDefault(s string, d Default) (string, error) {
	if strings.HasPrefix(s, "[") {
		if !strings.HasSuffix(s, "]") || strings.Count(s, "]") > 1 {
			return "", fmt.Errorf("the brackets do not match; write [::1]:%s", portFor(d))
		}
		s = s[1 : len(s)-1]
	}
	if isDigits(s) {
		return "", portAlone(s, d)
	}
	if d.Port == "" {
		return "", fmt.Errorf("no port; write %s", net.JoinHostPort(s, portFor(d)))
	}
	return join(s, d.Port, d)
}

// join checks host and port and returns host:port. The default port replaces an
// empty one.
func join(host, port string, d Default) (string, error) {
	if port == "" {
		if port = d.Port; port == "" {
			return "", fmt.Errorf("nothing after the colon; write a port there, as in %s", net.JoinHostPort(host, portFor(d)))
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 && !d.ServerSide {
		return "", fmt.Errorf("port %q is not a number from 1 to 65535", port)
	}
	if host == "" && !d.ServerSide {
		return "", fmt.Errorf("no host; write 127.0.0.1:%s for this machine", port)
	}
	if strings.Contains(host, ":") {
		host = unescapeZone(host)
		if _, err := netip.ParseAddr(host); err != nil {
			return "", errors.New("the text in the brackets is not an IPv6 address")
		}
	} else if err := checkHostName(host, port, d); err != nil {
		return "", err
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), nil
}

// portFor returns the port to show in an error text.
func portFor(d Default) string {
	if d.Port == "" {
		return "2003"
	}
	return d.Port
}

// example returns an address that is valid with d.
func example(d Default) string {
	transport, format := d.Transport, d.Format
	if transport == "" {
		transport = allowed(d)[0]
	}
	if format == "" && len(d.Formats) > 0 {
		format = d.Formats[0]
	}
	return Endpoint{Format: format, Transport: transport, Address: exampleAddress(transport, d)}.String()
}

func exampleAddress(transport string, d Default) string {
	switch {
	case transport == Unix || transport == Unixgram:
		return "/run/name.sock"
	case d.ServerSide:
		return ":" + portFor(d)
	case transport == HTTP && d.HTTPPort != "":
		return "127.0.0.1:" + d.HTTPPort
	}
	return "127.0.0.1:" + portFor(d)
}
