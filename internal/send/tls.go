package send

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"monkit.example/internal/endpoint"
)

// tlsConfig returns a copy of base, to which it adds the options ca, cert, key
// and servername of the endpoint.
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
		return fmt.Errorf("send: option ca: %s holds no PEM certificate", file)
	}
	return nil
}

func loadCert(c *tls.Config, cert, key string) error {
	if cert == "" && key == "" {
		return nil
	}
	if cert == "" || key == "" {
		return errors.New("send: options cert and key: one is missing; write both")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("send: options cert and key: %w", err)
	}
	c.Certificates = []tls.Certificate{pair}
	return nil
}
