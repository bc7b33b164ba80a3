package listen

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
)

// tlsConfig reads cert and key, and ca if clients must show a certificate.
func tlsConfig(o url.Values) (*tls.Config, error) {
	if o.Get("cert") == "" || o.Get("key") == "" {
		return nil, errors.New("tls needs a certificate; write ?cert=FILE&key=FILE")
	}
	cert, err := tls.LoadX509KeyPair(o.Get("cert"), o.Get("key"))
	if err != nil {
		return nil, fmt.Errorf("load cert and key: %w", err)
	}
	conf := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if file := o.Get("ca"); file != "" {
		err = requireClientCert(conf, file)
	}
	return conf, err
}

// requireClientCert lets in only those who show a certificate that the ones
// in file have signed.
func requireClientCert(conf *tls.Config, file string) error {
	pem, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read ca: %w", err)
	}
	conf.ClientCAs, conf.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if !conf.ClientCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("ca %q holds no PEM certificate", file)
	}
	return nil
}
