package listen

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"
)

// accept serves streams until ctx ends.
func (l *Listener) accept(ctx context.Context) error {
	defer l.conns.Wait()
	defer context.AfterFunc(ctx, func() { l.stream.Close() })()
	defer l.stream.Close()
	for {
		conn, err := l.stream.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept on %s: %w", l.name, err)
		case err != nil: // out of file descriptors, say: others may end
			l.opts.Logger.Warn("accepting a connection failed", "listener", l.name, "err", err)
			pause(ctx)
		case l.open.Load() >= int64(l.opts.MaxConns):
			l.opts.Logger.Warn("too many connections, one is refused", "listener", l.name, "limit", l.opts.MaxConns)
			conn.Close()
		default:
			l.open.Add(1)
			l.conns.Go(func() {
				defer l.open.Add(-1)
				l.serve(ctx, conn)
			})
		}
	}
}

// serve reads one stream to its end. When ctx ends it takes what has arrived.
func (l *Listener) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now().Add(drainStream)) })()
	s := splitter{max: l.opts.MaxLine}
	buf := make([]byte, 64<<10)
	for {
		if ctx.Err() == nil {
			conn.SetReadDeadline(time.Now().Add(l.opts.Idle))
			if ctx.Err() != nil { // the deadline of the drain came first
				conn.SetReadDeadline(time.Now().Add(drainStream))
			}
		}
		n, err := conn.Read(buf)
		lines, tooLong := s.add(buf[:n])
		l.reject("too_long", tooLong)
		// A stream waits for room: its sender's kernel holds what comes next.
		if len(lines) > 0 && !l.ring.put(context.WithoutCancel(ctx), lines) {
			l.reject("ring_full", countLines(lines))
		}
		if err != nil {
			l.reject("truncated_tail", s.rest())
			return
		}
	}
}

// drainStream is how long a stream may still bring what is on its way when
// the listener ends.
const drainStream = 100 * time.Millisecond

// splitter cuts a stream into whole lines.
type splitter struct {
	max  int
	tail []byte // of a line whose end has not come
	skip bool   // the line under way is too long and already counted
	out  []byte
}

// add takes the next bytes of the stream and returns the whole lines that
// they complete, good until the next add, and how many lines were too long.
func (s *splitter) add(p []byte) (lines []byte, tooLong int64) {
	if s.skip {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			return nil, 0
		}
		s.skip, p = false, p[end+1:]
	}
	whole := wholeLines(p)
	if whole > 0 && len(s.tail) == 0 {
		lines = p[:whole]
	} else if whole > 0 {
		s.out = append(append(s.out[:0], s.tail...), p[:whole]...)
		lines, s.tail = s.out, s.tail[:0]
	}
	s.tail = append(s.tail, p[whole:]...)
	if len(s.tail) > s.max {
		s.tail, s.skip = s.tail[:0], true
		tooLong = 1
	}
	return lines, tooLong
}

// rest is how many lines lack their end when the stream does: a line that may
// have been cut is not taken for whole.
func (s *splitter) rest() int64 { return countLines(s.tail) }

// wholeLines is the length of p up to its last line end.
func wholeLines(p []byte) int { return bytes.LastIndexByte(p, '\n') + 1 }

// tlsConfig reads cert and key, and ca if clients must show a certificate.
func tlsConfig(o url.Values) (*tls.Config, error) {
	if o.Get("cert") == "" || o.Get("key") == "" {
		return nil, errors.New("tls needs ?cert=FILE&key=FILE")
	}
	cert, err := tls.LoadX509KeyPair(o.Get("cert"), o.Get("key"))
	if err != nil {
		return nil, fmt.Errorf("load cert and key: %w", err)
	}
	conf := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if file := o.Get("ca"); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read ca: %w", err)
		}
		conf.ClientCAs, conf.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
		if !conf.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca %q holds no PEM certificate", file)
		}
	}
	return conf, nil
}
