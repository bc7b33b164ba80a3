package listen

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"monkit.example/reporters/ledger"
)

// serveStreams serves streams until ctx ends, then those that were connected
// by then. If the listener breaks, it ends all streams.
func (l *Listener) serveStreams(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer l.conns.Wait()
	defer cancel()
	defer l.Close()
	return l.runAndDrain(ctx, l.connections(ctx))
}

// connections is the input of a listener of streams.
func (l *Listener) connections(ctx context.Context) input {
	return input{
		what: "accepting connections", verb: "accept on",
		once:      func() error { return l.acceptOne(ctx) },
		interrupt: func() { l.setAcceptTimeout(0) },
		drain: func() error {
			l.setAcceptTimeout(quietTime)
			return l.acceptOne(ctx)
		},
	}
}

// setAcceptTimeout bounds the next accept, also one that is under way.
func (l *Listener) setAcceptTimeout(d time.Duration) {
	if s, ok := l.stream.(interface{ SetDeadline(time.Time) error }); ok { // TCP and unix sockets have it
		s.SetDeadline(time.Now().Add(d)) // fails only if the listener is closed, which ends accepts too
	}
}

// acceptOne serves the next connection, or closes it if too many are open.
func (l *Listener) acceptOne(ctx context.Context) error {
	conn, err := l.stream.Accept()
	if err != nil {
		return err
	}
	if l.counts.openConns.Load() >= int64(l.opts.MaxConns) {
		if l.counts.rejectedConns.Add(1) == 1 {
			l.opts.Logger.Warn("too many connections are open; closing new ones and counting them from now on", "listener", l.name, "limit", l.opts.MaxConns)
		}
		conn.Close()
		return nil
	}
	l.counts.acceptedConns.Add(1)
	l.counts.openConns.Add(1)
	l.conns.Go(func() {
		defer l.counts.openConns.Add(-1)
		l.serve(ctx, conn)
	})
	return nil
}

// serve reads one stream to its end. When ctx ends it reads what has already
// arrived.
func (l *Listener) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	conn = newCoalescedConn(conn, ctx.Done())
	if l.tls != nil {
		secure := tls.Server(conn, l.tls)
		if err := handshake(ctx, secure); err != nil {
			l.counts.failedHandshakes.Add(1)
			l.files.explain(l.opts.Logger, l.name, err)
			return
		}
		conn = secure
	}
	s := newStream(l, conn)
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		conn.SetReadDeadline(time.Now()) // fails only if the stream has ended, which ends reads too
	})
	err := s.readUntil(ctx)
	if !stop() {
		<-interrupted // or its deadline would cut the draining short
	}
	if ctx.Err() != nil && (err == nil || isTimeout(err)) {
		s.drain()
	}
	l.reject(ledger.Truncated, s.lines.unfinished())
}
