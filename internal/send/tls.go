package send

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"monkit.example/internal/endpoint"
)

// tlsConfig returns a copy of base, to which it adds the options ca, cert, key
// and servername of the endpoint. The files are read by each handshake, so that
// they may be replaced, or written later than the program starts.
func tlsConfig(ep endpoint.Endpoint, base *tls.Config, f tlsFiles) *tls.Config {
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
	host := hostOf(ep)
	if c.ServerName == "" && ep.Transport == endpoint.TLS {
		c.ServerName = host // net/http sets it to that of its proxy or target
	}
	if f.cert != "" {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return f.certificate() }
	}
	if f.ca != "" && !c.InsecureSkipVerify {
		// A configuration has fixed roots. This one verifies with those that
		// the file has now, in the same way.
		c.InsecureSkipVerify = true
		c.VerifyConnection = f.verifier(host, c.ServerName, c.Time, c.VerifyConnection)
	}
	return c
}

func hostOf(ep endpoint.Endpoint) string {
	if ep.URL != nil {
		return ep.URL.Hostname()
	}
	u := url.URL{Host: ep.Address}
	return u.Hostname()
}

// tlsFiles are the values of the options ca, cert and key. Each may be empty.
type tlsFiles struct{ ca, cert, key string }

// newTLSFiles returns an error for what no later change of the files can mend,
// short of removing a folder.
func newTLSFiles(o url.Values) (tlsFiles, error) {
	f := tlsFiles{ca: o.Get("ca"), cert: o.Get("cert"), key: o.Get("key")}
	if (f.cert == "") != (f.key == "") {
		return f, errors.New("send: options cert and key: one is missing; write both")
	}
	for _, name := range []string{"ca", "cert", "key"} {
		if !o.Has(name) {
			continue
		}
		file := o.Get(name)
		if file == "" {
			return f, fmt.Errorf("send: option %s has no value; write %s=FILE", name, name)
		}
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			return f, fmt.Errorf("send: option %s: %s is a folder; write the path of a PEM file", name, file)
		}
	}
	return f, nil
}

// check returns an error if a handshake would fail now because of a file.
func (f tlsFiles) check() error {
	if f.ca != "" {
		if _, err := f.roots(); err != nil {
			return err
		}
	}
	if f.cert != "" {
		if _, err := f.certificate(); err != nil {
			return err
		}
	}
	return nil
}

func (f tlsFiles) roots() (*x509.CertPool, error) {
	pem, err := os.ReadFile(f.ca)
	if err != nil {
		return nil, fmt.Errorf("option ca: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("option ca: %s holds no PEM certificate", f.ca)
	}
	return roots, nil
}

func (f tlsFiles) certificate() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, fmt.Errorf("options cert and key: %w", err)
	}
	return &pair, nil
}

// verifier returns a function that verifies the certificate of a server as
// package tls does, but with the roots that the file ca has at that moment. The
// certificate must be for name or, if that is empty, for the name that the
// server was asked for or, if that was an IP address, for host.
func (f tlsFiles) verifier(host, name string, clock func() time.Time, next func(tls.ConnectionState) error) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		roots, err := f.roots()
		if err != nil {
			return err
		}
		o := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), DNSName: name}
		if o.DNSName == "" {
			o.DNSName = s.ServerName
		}
		if o.DNSName == "" {
			o.DNSName = host
		}
		if clock != nil {
			o.CurrentTime = clock()
		}
		for _, c := range s.PeerCertificates[1:] {
			o.Intermediates.AddCert(c)
		}
		if _, err := s.PeerCertificates[0].Verify(o); err != nil {
			return &tls.CertificateVerificationError{UnverifiedCertificates: s.PeerCertificates, Err: err}
		}
		if next != nil {
			return next(s)
		}
		return nil
	}
}
