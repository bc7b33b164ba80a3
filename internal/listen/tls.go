package listen

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"
)

// tlsConfig returns the configuration that the options of an address ask for:
// cert and key, and ca if clients must present a certificate.
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

// requireClientCert makes conf accept only clients with a certificate that is
// signed by one of those in file.
func requireClientCert(conf *tls.Config, file string) error {
	pem, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read ca: %w", err)
	}
	conf.ClientCAs, conf.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if !conf.ClientCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("ca %q holds no PEM certificate; write a file that does", file)
	}
	return nil
}

// handshakeTime is enough for a handshake around the world and back, and
// bounds how long a client that sends nothing holds its connection.
const handshakeTime = 10 * time.Second

// handshake performs the handshake of conn. A handshake cannot continue after
// an interruption, so when ctx ends it gets the time that draining has.
func handshake(ctx context.Context, conn *tls.Conn) error {
	conn.SetDeadline(time.Now().Add(handshakeTime)) // if it fails, so does the handshake
	hurried := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(hurried)
		conn.SetDeadline(time.Now().Add(drainTime))
	})
	err := conn.Handshake()
	if !stop() {
		<-hurried
	}
	return errors.Join(err, conn.SetDeadline(time.Time{}))
}
