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

// accept serves streams until ctx ends, and then those that have been waiting.
func (l *Listener) accept(ctx context.Context) error {
	defer l.conns.Wait()
	defer l.stream.Close()
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		l.stopAccepting()
	})
	for ctx.Err() == nil {
		if err := l.acceptOne(ctx); err != nil && ctx.Err() == nil {
			if errors.Is(err, net.ErrClosed) {
				stop()
				return fmt.Errorf("accept on %s: %w", l.name, err)
			}
			// Out of file descriptors, say: streams may end.
			l.opts.Logger.Warn("accepting a connection failed", "listener", l.name, "err", err)
			pause(ctx)
		}
	}
	<-ended
	for l.acceptOne(ctx) == nil {
	}
	return nil
}

// stopAccepting lets those in who are at the door, and no more.
func (l *Listener) stopAccepting() {
	if d, ok := l.door.(interface{ SetDeadline(time.Time) error }); ok {
		d.SetDeadline(time.Now().Add(drainAccept)) // if it fails the listener is closed already
		return
	}
	l.stream.Close()
}

// drainAccept is how long accepting goes on when the listener ends: whoever
// has connected is let in within that time.
const drainAccept = 10 * time.Millisecond

// acceptOne serves the next stream, or refuses it if there are too many.
func (l *Listener) acceptOne(ctx context.Context) error {
	conn, err := l.stream.Accept()
	if err != nil {
		return err
	}
	if l.open.Load() >= int64(l.opts.MaxConns) {
		if l.refused.Add(1) == 1 { // all are counted, the first is told
			l.opts.Logger.Warn("too many connections, one is refused", "listener", l.name, "limit", l.opts.MaxConns)
		}
		conn.Close()
		return nil
	}
	l.accepted.Add(1)
	l.open.Add(1)
	l.conns.Go(func() {
		defer l.open.Add(-1)
		l.serve(ctx, conn)
	})
	return nil
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
// It may move bytes within p.
func (s *splitter) add(p []byte) (lines []byte, tooLong int64) {
	p, tooLong = s.finish(p)
	whole := wholeLines(p)
	lines = p[:whole]
	if whole > s.max+1 { // else none of them can be too long
		var n int64
		lines, n = dropLong(lines, s.max)
		tooLong += n
	}
	if len(s.out) > 0 { // what finish completed comes first
		s.out = append(s.out, lines...)
		lines = s.out
	}
	if s.tail = append(s.tail, p[whole:]...); len(s.tail) > s.max {
		s.tail, s.skip = s.tail[:0], true
		tooLong++
	}
	return lines, tooLong
}

// finish takes the end of the line under way off p and puts the line into
// out, which is empty if there is none that is good.
func (s *splitter) finish(p []byte) (rest []byte, tooLong int64) {
	s.out = s.out[:0]
	end := bytes.IndexByte(p, '\n') + 1
	switch {
	case !s.skip && len(s.tail) == 0:
		return p, 0
	case end == 0 && s.skip:
		return nil, 0
	case end == 0:
		return p, 0
	case s.skip:
		s.skip = false
	case len(s.tail)+end-1 > s.max:
		s.tail, tooLong = s.tail[:0], 1
	default:
		s.out = append(append(s.out, s.tail...), p[:end]...)
		s.tail = s.tail[:0]
	}
	return p[end:], tooLong
}

// dropLong takes the lines of more than max bytes out of lines, in place.
func dropLong(lines []byte, max int) (kept []byte, dropped int64) {
	kept = lines[:0]
	for len(lines) > 0 {
		end := bytes.IndexByte(lines, '\n') + 1
		if end-1 > max {
			dropped++
		} else {
			kept = append(kept, lines[:end]...)
		}
		lines = lines[end:]
	}
	return kept, dropped
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
