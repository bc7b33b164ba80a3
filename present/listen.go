package present

import (
	"context"
	"fmt"
	"net"
	"slices"

	"monkit.example/internal/webpage"
	"monkit.example/monkit"
)

// ListenAndServe serves the pages of r at the TCP address addr, as
// http.ListenAndServe does with HTTP(r), but bounds what clients can occupy: the
// number of connections, the size of headers, and how long a header, a response
// and an idle connection may take. It returns only errors, such as that of an
// address in use. If r is nil it serves monkit.Default.
//
//	go present.ListenAndServe("localhost:9000", monkit.Default)
//
// An address without a host, such as ":9000", is a loopback address: the pages
// have no access control. Write 0.0.0.0:9000 for all addresses of the machine.
func ListenAndServe(addr string, r *monkit.Registry) error {
	return ListenAndServeWith(context.Background(), addr, r, Options{})
}

// ListenAndServeWith is ListenAndServe with options. When ctx ends, it closes the
// listener, ends pages that wait, gives the others a second, and returns nil. A
// host name in addr counts as one of o.Hosts.
func ListenAndServeWith(ctx context.Context, addr string, r *monkit.Registry, o Options) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("serve pages at %q: %w; write a host and a port, such as localhost:9000", addr, err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return fmt.Errorf("serve pages at %q: %w", addr, err)
	}
	o.Hosts = append(slices.Clip(o.Hosts), host)
	if err := webpage.Serve(ctx, l, HTTPWith(r, o)); err != nil {
		return fmt.Errorf("serve pages at %q: %w", addr, err)
	}
	return nil
}
