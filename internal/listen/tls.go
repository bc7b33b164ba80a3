package listen

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"monkit.example/internal/loglimit"
)

// tlsFiles are the files of the options cert, key and ca. Each handshake uses
// what they hold at that moment, so that they may be replaced, or be written
// later than the listener starts. Its methods may be called concurrently.
type tlsFiles struct {
	cert, key string
	ca        string // empty if clients need no certificate

	mu    sync.Mutex
	conf  *tls.Config    // guarded by mu; made of the files; nil if that failed
	infos [3]fs.FileInfo // guarded by mu; of the files that conf was made of
	limit loglimit.Limit // guarded by mu; of records about the files
}

// newTLSFiles returns an error for what no later change of the files can mend,
// short of removing a folder.
func newTLSFiles(o url.Values) (*tlsFiles, error) {
	f := &tlsFiles{cert: o.Get("cert"), key: o.Get("key"), ca: o.Get("ca")}
	if f.cert == "" || f.key == "" {
		return nil, errors.New("tls needs a certificate; write ?cert=FILE&key=FILE")
	}
	if o.Has("ca") && f.ca == "" {
		return nil, errors.New("option ca has no value; write ca=FILE, or leave it out")
	}
	for _, name := range []string{"cert", "key", "ca"} {
		if info, err := os.Stat(o.Get(name)); err == nil && info.IsDir() {
			return nil, fmt.Errorf("option %s: %s is a folder; write the path of a PEM file", name, o.Get(name))
		}
	}
	return f, nil
}

// server returns the configuration of the listener.
func (f *tlsFiles) server() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return f.config() },
	}
}

// A fileError says why a file of a listener cannot be used.
type fileError struct{ error }

// config returns the configuration for one handshake. It reads the files only if
// they have changed, since clients decide how many handshakes there are. Its
// error is a fileError.
func (f *tlsFiles) config() (*tls.Config, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	infos, err := f.stat()
	if err == nil && f.conf != nil && areSame(infos, f.infos) {
		return f.conf, nil
	}
	f.conf = nil
	if err == nil {
		f.conf, err = f.load()
	}
	if err != nil {
		return nil, fileError{err}
	}
	f.infos = infos
	return f.conf, nil
}

func (f *tlsFiles) stat() (infos [3]fs.FileInfo, err error) {
	for i, file := range []string{f.cert, f.key, f.ca} {
		if file == "" {
			continue
		}
		if infos[i], err = os.Stat(file); err != nil {
			return infos, fmt.Errorf("option %s: %w", []string{"cert", "key", "ca"}[i], err)
		}
	}
	return infos, nil
}

// areSame reports whether no file was replaced or written to.
func areSame(a, b [3]fs.FileInfo) bool {
	for i := range a {
		if a[i] == nil {
			continue // there is no such option
		}
		if !os.SameFile(a[i], b[i]) || a[i].Size() != b[i].Size() || !a[i].ModTime().Equal(b[i].ModTime()) {
			return false
		}
	}
	return true
}

// load reads the files.
func (f *tlsFiles) load() (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, fmt.Errorf("options cert and key: %w", err)
	}
	conf := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if f.ca != "" {
		err = requireClientCert(conf, f.ca)
	}
	return conf, err
}

// requireClientCert makes conf accept only clients with a certificate that is
// signed by one of those in file.
func requireClientCert(conf *tls.Config, file string) error {
	pem, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("option ca: %w", err)
	}
	conf.ClientCAs, conf.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if !conf.ClientCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("option ca: %s holds no PEM certificate; write a file that does", file)
	}
	return nil
}

// explain logs why handshakes fail if that is because of a file.
func (f *tlsFiles) explain(log *slog.Logger, listener string, err error) {
	var file fileError
	if f == nil || !errors.As(err, &file) {
		return
	}
	f.mu.Lock()
	_, ok := f.limit.Allow(time.Now())
	f.mu.Unlock()
	if ok {
		log.Warn("handshakes fail until this file is right; it is read again by each", "listener", listener, "err", file)
	}
}

// handshakeTime is enough for a handshake around the world and back, and
// bounds how long a client that sends nothing holds its connection.
const handshakeTime = 10 * time.Second

// maxHandshakes returns how many handshakes may be unfinished at a listener of so
// many connections: a crowd of clients that connect at once, and few beside them.
func maxHandshakes(conns int) int { return max(conns/8, 16) }

// secure returns conn with TLS. ok is false if the handshake failed.
func (l *Listener) secure(ctx context.Context, conn net.Conn, p peer) (secure *tls.Conn, ok bool) {
	secure = tls.Server(conn, l.tls)
	err := handshake(ctx, secure)
	if err == nil {
		return secure, true
	}
	l.files.explain(l.opts.Logger, l.name, err)
	reason := handshakeReason(ctx, err)
	l.rejectConn(reason, p.text, "err", loglimit.Cut(err.Error()))
	if reason == connPlain {
		explainTLS(err)
	}
	return nil, false
}

// handshakeReason returns why a handshake failed.
func handshakeReason(ctx context.Context, err error) connReason {
	var plain tls.RecordHeaderError
	var cert *tls.CertificateVerificationError
	var file fileError
	switch {
	case isReplaced(ctx):
		return connHandshakeNewcomer
	case errors.As(err, &file):
		return connCertFile
	case errors.As(err, &plain) && plain.Conn != nil:
		return connPlain
	case errors.As(err, &cert), strings.Contains(err.Error(), "didn't provide a certificate"):
		return connClientCert
	case isTimeout(err):
		return connHandshakeTimeout
	}
	return connHandshakeFailed
}

// explainTLS answers a client that speaks HTTP without TLS, of which err has the
// first bytes.
func explainTLS(err error) {
	var plain tls.RecordHeaderError
	if !errors.As(err, &plain) || !isMethodStart(plain.RecordHeader[:]) {
		return
	}
	plain.Conn.SetDeadline(time.Now().Add(answerTime)) // if it fails, so does the answer
	answerHTTP(plain.Conn, "This port takes lines over TLS, not HTTP. Correct the port or the protocol of the client.\n")
}

// handshake performs the handshake of conn. A handshake cannot continue after
// an interruption, so when ctx ends it gets the time that draining has, unless a
// newcomer needs its place.
func handshake(ctx context.Context, conn *tls.Conn) error {
	conn.SetDeadline(time.Now().Add(handshakeTime)) // if it fails, so does the handshake
	hurried := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(hurried)
		left := drainTime
		if isReplaced(ctx) {
			left = 0
		}
		conn.SetDeadline(time.Now().Add(left))
	})
	err := conn.Handshake()
	if !stop() {
		<-hurried
	}
	return errors.Join(err, conn.SetDeadline(time.Time{}))
}
