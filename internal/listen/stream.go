package listen

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// serveAll serves streams until ctx ends, and then those that have been
// waiting. If the listener breaks, all its streams end.
func (l *Listener) serveAll(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer l.conns.Wait()
	defer cancel()
	defer l.Close()
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		l.acceptFor(0)
	})
	if err := l.acceptUntil(ctx); err != nil {
		if !stop() {
			<-interrupted
		}
		return err
	}
	<-interrupted // or its deadline would come in the midst of draining
	for end := time.Now().Add(drainTime); time.Now().Before(end); {
		l.acceptFor(quiet)
		if l.acceptOne(ctx) != nil {
			break
		}
	}
	return nil
}

// quiet is how long nothing must come, while draining, for all to be in.
const quiet = 50 * time.Millisecond

// acceptFor lets accepting wait for no longer than d.
func (l *Listener) acceptFor(d time.Duration) {
	if s, ok := l.stream.(interface{ SetDeadline(time.Time) error }); ok { // both kinds can
		s.SetDeadline(time.Now().Add(d)) // if it fails the listener is closed, and so is accepting
	}
}

// acceptUntil accepts until ctx ends or the listener breaks.
func (l *Listener) acceptUntil(ctx context.Context) error {
	t := trouble{log: l.opts.Logger.With("listener", l.name), what: "accepting connections"}
	for {
		err := l.acceptOne(ctx)
		switch {
		case err == nil:
			t.worked()
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept on %s: %w", l.name, err)
		default: // out of file descriptors, say
			l.counts.troubles.Add(1)
			t.failed(ctx, err)
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// acceptOne serves the next stream, or refuses it if there are too many.
func (l *Listener) acceptOne(ctx context.Context) error {
	conn, err := l.stream.Accept()
	if err != nil {
		return err
	}
	if l.counts.open.Load() >= int64(l.opts.MaxConns) {
		if l.counts.refused.Add(1) == 1 { // all are counted, the first is told
			l.opts.Logger.Warn("too many connections, one is refused", "listener", l.name, "limit", l.opts.MaxConns)
		}
		conn.Close()
		return nil
	}
	l.counts.accepted.Add(1)
	l.counts.open.Add(1)
	l.conns.Go(func() {
		defer l.counts.open.Add(-1)
		l.serve(ctx, conn)
	})
	return nil
}

// serve reads one stream to its end. When ctx ends it takes what has arrived.
func (l *Listener) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	conn = newCoalescedConn(conn, ctx.Done())
	if l.tls != nil {
		secure := tls.Server(conn, l.tls)
		if shakeHands(ctx, secure) != nil { // who scans ports is not worth a line in the log
			l.counts.noTLS.Add(1)
			return
		}
		conn = secure
	}
	s := stream{listener: l, conn: conn, lines: splitter{max: l.opts.MaxLine}}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		conn.SetReadDeadline(time.Now()) // if it fails the stream has ended, as below
	})
	err := s.readUntil(ctx)
	if !stop() {
		<-interrupted // or its deadline would come in the midst of draining
	}
	if ctx.Err() != nil && (err == nil || isTimeout(err)) {
		s.drain()
	}
	l.counts.rejected[truncatedTail].Add(s.lines.rest())
}

// handshakeTime is enough for a handshake around the world and back, and
// short enough for those who connect and say nothing.
const handshakeTime = 10 * time.Second

// shakeHands cannot be taken up again once it was interrupted, so when ctx
// ends it gets the time that draining has.
func shakeHands(ctx context.Context, conn *tls.Conn) error {
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

// stream is one that is being read.
type stream struct {
	listener *Listener
	conn     net.Conn
	lines    splitter
}

// readUntil reads until ctx ends, which is no error, or the stream does.
func (s *stream) readUntil(ctx context.Context) error {
	for {
		s.conn.SetReadDeadline(time.Now().Add(s.listener.opts.Idle)) // if it fails, so does the read
		if ctx.Err() != nil {
			return nil // looked at now, since the deadline may have replaced the one that tells
		}
		err := s.read()
		if err == nil {
			continue
		}
		if isTimeout(err) && ctx.Err() == nil {
			s.listener.counts.idle.Add(1)
		}
		return err
	}
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// drain reads until nothing has come for a while.
func (s *stream) drain() {
	for end := time.Now().Add(drainTime); time.Now().Before(end); {
		s.conn.SetReadDeadline(time.Now().Add(quiet)) // if it fails, so does the read
		if err := s.read(); err != nil {
			return
		}
	}
}

// read hands on the whole lines that are there. It waits for room in the
// ring: the sender's kernel holds what comes next.
func (s *stream) read() error {
	n, err := s.conn.Read(s.lines.space())
	lines, tooLongs := s.lines.add(n)
	c := &s.listener.counts
	c.bytes.Add(int64(n))
	c.rejected[tooLong].Add(tooLongs)
	if len(lines) > 0 {
		s.listener.ring.put(lines)
	}
	return err
}
