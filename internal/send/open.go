package send

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"monkit.example/internal/endpoint"
)

// DialOptions tune the transports of Open. The zero value works.
type DialOptions struct {
	// ContentType of an http request. Empty means text/plain.
	ContentType string
	// Gzip compresses http bodies of more than 1 KiB.
	Gzip bool
	// Header is called before each http request, so that a token can be read
	// anew. Nil adds nothing.
	Header func(http.Header)
	// Timeout ends an attempt: a dial, a request with its answer. Zero means
	// ten seconds.
	Timeout time.Duration
	// TLS is for tls and https. Nil means the system's roots, and what the
	// endpoint's options say.
	TLS *tls.Config
	// Lookup resolves host names. Nil means the system's resolver.
	Lookup func(ctx context.Context, host string) ([]string, error)
	// MaxDatagram is the largest payload of udp and unixgram; larger ones are
	// dropped. Zero means 65507.
	MaxDatagram int
}

const (
	dialTimeout  = 10 * time.Second
	writeTimeout = 10 * time.Second

	// 65535 less the headers of IPv4 and UDP.
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

// Open returns the transport to ep. It connects to nothing yet; an error says
// that ep or o is wrong.
func Open(ep endpoint.Endpoint, o DialOptions) (Transport, error) {
	if ep.IsHTTP() {
		return OpenHTTP(ep, o)
	}
	o, err := o.prepare(ep)
	if err != nil {
		return nil, err
	}
	switch ep.Transport {
	case endpoint.TCP, endpoint.TLS, endpoint.Unix:
		return openStream(ep, o), nil
	case endpoint.UDP, endpoint.Unixgram:
		return openDatagram(ep, o), nil
	}
	return nil, fmt.Errorf("send: transport %q is not known", ep.Transport)
}

// OpenHTTP is Open for an http or https endpoint.
func OpenHTTP(ep endpoint.Endpoint, o DialOptions) (Messenger, error) {
	if ep.URL == nil {
		return nil, errors.New("send: an endpoint without URL; use endpoint.Parse")
	}
	o, err := o.prepare(ep)
	if err != nil {
		return nil, err
	}
	return openHTTP(ep, o), nil
}

// prepare returns o with defaults, and with the TLS configuration of ep.
func (o DialOptions) prepare(ep endpoint.Endpoint) (DialOptions, error) {
	o = o.withDefaults()
	if ep.Transport != endpoint.TLS && ep.Transport != endpoint.HTTPS {
		return o, nil
	}
	c, err := tlsConfig(ep, o.TLS)
	o.TLS = c
	return o, err
}

// tlsConfig joins the endpoint's options ca, cert, key and servername with the
// caller's configuration.
func tlsConfig(ep endpoint.Endpoint, base *tls.Config) (*tls.Config, error) {
	c := &tls.Config{}
	if base != nil {
		c = base.Clone()
	}
	if c.MinVersion == 0 {
		c.MinVersion = tls.VersionTLS12
	}
	if name := ep.Options.Get("servername"); name != "" {
		c.ServerName = name
	}
	if c.ServerName == "" && ep.Transport == endpoint.TLS {
		host, _, err := net.SplitHostPort(ep.Address)
		if err != nil {
			return nil, fmt.Errorf("send: %w", err)
		}
		c.ServerName = host
	}
	if err := loadCA(c, ep.Options.Get("ca")); err != nil {
		return nil, err
	}
	return c, loadCert(c, ep.Options.Get("cert"), ep.Options.Get("key"))
}

func loadCA(c *tls.Config, file string) error {
	if file == "" {
		return nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("send: option ca: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("send: option ca: no certificate in %s; it must be PEM", file)
	}
	return nil
}

func loadCert(c *tls.Config, cert, key string) error {
	if cert == "" && key == "" {
		return nil
	}
	if cert == "" || key == "" {
		return errors.New("send: options cert and key go together; write both")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("send: options cert and key: %w", err)
	}
	c.Certificates = []tls.Certificate{pair}
	return nil
}
