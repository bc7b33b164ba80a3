package web

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/listen"
	"monkit.example/internal/webpage"
)

// Address checks an address HOST:PORT to serve pages at. Without a host it
// returns a loopback address, so that pages are visible to other machines only
// if the user chose an address that is.
func Address(s string) (string, error) {
	host, port, err := split(s)
	if err != nil {
		return "", fmt.Errorf("%q: %w", endpoint.Redact(s), err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

func split(s string) (host, port string, err error) {
	if strings.ContainsAny(s, "/@?# ") {
		return "", "", errors.New("this is more than a host and a port; write an address such as 127.0.0.1:9125")
	}
	if _, err := strconv.ParseUint(s, 10, 16); err == nil {
		return "", "", fmt.Errorf("no host before the port; write 127.0.0.1:%s, or :%s which is the same", s, s)
	}
	host, port, err = net.SplitHostPort(s)
	if err != nil {
		return "", "", errors.New("not a host and a port; write an address such as 127.0.0.1:9125 or [::1]:9125")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", "", errors.New("the port is not a number from 0 to 65535; write an address such as 127.0.0.1:9125")
	}
	return host, port, nil
}

// Listen binds an address that [Address] returned. The error says what to do.
func Listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, listen.Explain(err)
	}
	return l, nil
}

// IsLocal reports whether only this machine can reach an address, which may
// lack a port.
func IsLocal(address string) bool { return webpage.IsLoopback(webpage.HostOf(address)) }
