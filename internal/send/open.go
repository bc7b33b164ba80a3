package send

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"monkit.example/internal/endpoint"
)

// DialOptions change how the transports of Open connect and send. The zero
// value works.
type DialOptions struct {
	// ContentType is a header of http requests. Empty means text/plain.
	ContentType string
	// Gzip compresses http bodies of more than 1 KiB.
	Gzip bool
	// Header is called before each http request and may change its headers.
	// Nil adds nothing.
	Header func(http.Header)
	// Authorize is called before each http request and adds credentials. If it
	// returns an error, nothing is sent and the payload is sent later. Nil adds
	// nothing.
	Authorize func(http.Header) error
	// TokenFile is a file with a token that is sent with each http request. It
	// is read each time, without the white space around the token, and replaces
	// Authorize. Empty means none. The option tokenfile of the endpoint
	// replaces it.
	TokenFile string
	// TokenScheme is the scheme of the token in the header Authorization.
	// Empty means Bearer.
	TokenScheme string
	// Check returns what a response means for the payload: nil if the server
	// stored all of it, or an error of this package. body is the start of the
	// response's body, which Check must not read. After Permanent or Split the
	// payload is sent once more without compression if the response may be due
	// to that. Nil means the answers of InfluxDB and of servers that speak its
	// protocol.
	Check func(resp *http.Response, body string) error
	// Timeout ends a dial with its handshake, or a request with its response.
	// Zero means ten seconds.
	Timeout time.Duration
	// TLS is the configuration of tls and https, to which the options of the
	// endpoint are added. Nil means the root certificates of the system.
	TLS *tls.Config
	// Lookup resolves host names, those of http proxies too. Nil means the
	// system's resolver.
	Lookup func(ctx context.Context, host string) ([]string, error)
	// MaxDatagram is the largest payload of udp and unixgram. Larger ones are
	// dropped. Zero means 65507.
	MaxDatagram int

	files tlsFiles // of the endpoint's options
}

const (
	dialTimeout = 10 * time.Second

	// maxDatagram is 65535 less the headers of IPv4 and UDP.
	maxDatagram = 65507
)

func (o DialOptions) withDefaults() DialOptions {
	if o.ContentType == "" {
		o.ContentType = "text/plain; charset=utf-8"
	}
	if o.Timeout <= 0 {
		o.Timeout = dialTimeout
	}
	if o.Lookup == nil {
		o.Lookup = net.DefaultResolver.LookupHost
	}
	if o.MaxDatagram <= 0 || o.MaxDatagram > maxDatagram {
		o.MaxDatagram = maxDatagram
	}
	return o
}

// Open returns a transport to ep. It does not connect: an error means that ep
// or o is wrong. Files that the options of ep name may be missing: the dials
// fail until they are there.
func Open(ep endpoint.Endpoint, o DialOptions) (Transport, error) {
	if ep.IsHTTP() {
		return OpenHTTP(ep, o)
	}
	o, err := o.prepare(ep)
	if err != nil {
		return nil, err
	}
	var names *resolver
	if !ep.IsPath() {
		if names, err = newResolver(ep.Address, o); err != nil {
			return nil, err
		}
	}
	switch ep.Transport {
	case endpoint.TCP, endpoint.TLS, endpoint.Unix:
		return newStreamTransport(ep, o, names), nil
	case endpoint.UDP, endpoint.Unixgram:
		return newDatagramTransport(ep, o, names), nil
	}
	return nil, fmt.Errorf("send: unknown transport %q", ep.Transport)
}

// OpenHTTP is Open for an http or https endpoint.
func OpenHTTP(ep endpoint.Endpoint, o DialOptions) (Messenger, error) {
	if ep.URL == nil {
		return nil, errors.New("send: the endpoint has no URL; use endpoint.Parse")
	}
	o, err := o.prepare(ep)
	if err != nil {
		return nil, err
	}
	return newHTTPTransport(ep, o), nil
}

// prepare returns o with defaults, and with the token and the TLS configuration
// for ep.
func (o DialOptions) prepare(ep endpoint.Endpoint) (DialOptions, error) {
	o, err := o.withDefaults().withCredentials(ep)
	if err != nil {
		return o, err
	}
	if ep.Transport != endpoint.TLS && ep.Transport != endpoint.HTTPS {
		return o, nil
	}
	if o.files, err = newTLSFiles(ep.Options); err != nil {
		return o, err
	}
	o.TLS = tlsConfig(ep, o.TLS, o.files)
	return o, nil
}

// withoutAddress returns the cause of an error of package net, without the
// addresses: logs and errors name the destination already.
func withoutAddress(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err
	}
	return err
}
