package endpoint

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// checkText returns what is wrong with s if that can be seen without knowing its
// parts.
func checkText(s string, d Default) error {
	switch {
	case s == "":
		return fmt.Errorf("empty; write %s", example(d))
	case s[0] == '\'' || s[0] == '"':
		return errors.New("a quotation mark is a part of it; remove the quotation marks, or leave them to a shell")
	case severalAddresses.MatchString(s):
		return errors.New("several addresses in one; write each by itself, behind a flag of its own")
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }); i >= 0 {
		return fmt.Errorf("a space or control character at byte %d; remove it", i)
	}
	return nil
}

// severalAddresses matches an address with a second one behind it.
var severalAddresses = regexp.MustCompile(`^[^?\s][^?]*[,;|\s]\s*[A-Za-z][A-Za-z0-9_+-]*://`)

// almostHead matches the begin of an address of which the mark between two of its
// parts is not the right one.
var almostHead = regexp.MustCompile(`^(?i)(?:([a-z0-9]+)([-+_./:]))?([a-z]+)(://?|//|:)(.*)$`)

// misspelled returns an error if the format or the transport of s is followed by
// another mark than it should be, as in "graphite+tcp:h:1" or "graphite-tcp://h:1".
func misspelled(s string, d Default) error {
	m := almostHead.FindStringSubmatch(s)
	if m == nil {
		return nil
	}
	format, plus, transport, mark, rest := strings.ToLower(m[1]), m[2], strings.ToLower(m[3]), m[4], m[5]
	if !slices.Contains(transports, transport) || format != "" && !isFormat(format, d) {
		return nil
	}
	wrongPlus := format != "" && plus != "+"
	if mark == "://" && !wrongPlus || mark == ":" && d.Transport != "" {
		return nil
	}
	if !(Endpoint{Transport: transport}).IsPath() {
		rest = strings.TrimLeft(rest, "/")
	} else if mark != "://" && !rooted(rest) {
		rest = "/" + rest
	}
	if format != "" {
		format += "+"
	}
	return fmt.Errorf("an address is FORMAT+TRANSPORT://…; write %s", Redact(format+transport+"://"+asHostPort(rest, d)))
}

// isFormat reports whether name is a format of d.
func isFormat(name string, d Default) bool {
	return name != "" && (name == d.Format || slices.Contains(d.Formats, name))
}

// asHostPort returns rest, which is a port alone in many a wrong address, as what
// follows ://.
func asHostPort(rest string, d Default) string {
	port, colon := strings.CutPrefix(rest, ":")
	switch {
	case !isDigits(port):
		return rest
	case !d.ServerSide:
		return "127.0.0.1:" + port
	case !colon:
		return ":" + port
	}
	return rest
}

// noTransport returns the error of an address whose scheme is a format alone.
func noTransport(format, rest string, d Default) error {
	var ways []string
	for _, t := range []string{TCP, UDP, HTTP} {
		isURL := t == HTTP
		if slices.Contains(allowed(d), t) && (isURL == strings.Contains(shortPath(rest), "/") || len(allowed(d)) < 3) {
			ways = append(ways, Redact(format+"+"+t+"://"+asHostPort(rest, d)))
		}
	}
	if len(ways) == 0 {
		return fmt.Errorf("no transport behind the format; write one of %s, as in %s", list(allowed(d)), example(d))
	}
	return fmt.Errorf("no transport behind the format; write %s", list(ways))
}

// isReversed reports whether the format follows the transport.
func isReversed(first, second string, d Default) bool {
	return slices.Contains(transports, first) && isFormat(second, d)
}

// hostExample returns rest if it is a host and a port, or a port, or else an
// address that is valid with d. Of a host that is called as a format, as in
// "statsd:8125", the format is what was meant; a server has no such host.
func hostExample(e Endpoint, rest string, d Default) string {
	host, port, err := net.SplitHostPort(asHostPort(rest, d))
	if err != nil || !isDigits(port) || e.IsHTTP() || strings.ContainsAny(rest, "@/?") {
		return example(d)
	}
	e.Address = asHostPort(rest, d)
	if name := strings.ToLower(host); e.Format == "" && slices.Contains(d.Formats, name) {
		e.Format = name
		if d.ServerSide && e.Transport == "" {
			e.Address = ":" + port
		}
	}
	if e.Transport == "" {
		e.Transport = allowed(d)[0]
	}
	if e.Format == "" && len(d.Formats) > 0 {
		e.Format = d.Formats[0]
	}
	return e.String()
}

// pathForHost returns the error of a path where a host was expected.
func pathForHost(e Endpoint, rest string) error {
	inner := strings.TrimLeft(rest, "/")
	if _, port, err := net.SplitHostPort(inner); err == nil && isDigits(port) && e.Transport != "" {
		return fmt.Errorf("too many slashes; write %s%s://%s", e.prefix(), e.Transport, inner)
	}
	return fmt.Errorf("a path where a host was expected; for a socket write unix://%s", shortPath(rest))
}

// checkColons returns an error if s, which should be a host and a port, has more
// than one colon outside of brackets.
func checkColons(s string, d Default) error {
	if strings.Count(s, ":") < 2 || strings.HasPrefix(s, "[") {
		return nil
	}
	last := strings.LastIndexByte(s, ':')
	host, port := s[:last], s[last+1:]
	if isIPv6(host) && isPort(port) {
		return fmt.Errorf("an IPv6 address needs brackets; write [%s]:%s", host, port)
	}
	if isIPv6(s) {
		return fmt.Errorf("an IPv6 address needs brackets; write [%s]:%s", s, portFor(d))
	}
	if name, first, _ := strings.Cut(host, ":"); isPort(first) && strings.Trim(name, "0123456789abcdefABCDEF") != "" {
		return fmt.Errorf("more than a host and a port; write %s:%s", name, first)
	}
	return fmt.Errorf("too many colons; if it is an IPv6 address write it in brackets, as in [::1]:%s", portFor(d))
}

func isIPv6(s string) bool {
	addr, err := netip.ParseAddr(s)
	return err == nil && addr.Is6() && !strings.Contains(addr.Zone(), ":")
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// portAlone returns the error of a number where a host and a port were expected.
func portAlone(port string, d Default) error {
	if d.ServerSide {
		return fmt.Errorf("no colon before the port; write :%s for all interfaces, or 127.0.0.1:%s for this machine", port, port)
	}
	return fmt.Errorf("no host before the port; write 127.0.0.1:%s for this machine", port)
}

// checkHostName returns an error if host, which is no IPv6 address, cannot be a
// name.
func checkHostName(host, port string, d Default) error {
	i := strings.IndexAny(host, "[]%\"'<>\\^`{|},;!*()=&$#?/@")
	switch {
	case i < 0:
		return nil
	case host == "*" && d.ServerSide:
		return fmt.Errorf("%q cannot be part of a host name; write :%s for all interfaces", host[i], port)
	case host[i] == ',' || host[i] == ';':
		return fmt.Errorf("%q cannot be part of a host name; write each address by itself, behind a flag of its own", host[i])
	}
	return fmt.Errorf("%q cannot be part of a host name", host[i])
}

// unescapeZone returns the host of an IPv6 address with a zone, in which % may be
// written as %25 as in a URL.
func unescapeZone(host string) string {
	addr, zone, found := strings.Cut(host, "%")
	for found && len(zone) > 2 && strings.HasPrefix(zone, "25") {
		zone = zone[2:]
	}
	if !found {
		return host
	}
	return addr + "%" + zone
}
