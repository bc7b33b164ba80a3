package listen

import (
	"context"
	"net"
	"time"

	"monkit.example/internal/descriptors"
	"monkit.example/internal/ready"
)

// serveStreams serves streams until ctx ends, then those that were connected
// by then. If the listener breaks, it ends all streams.
func (l *Listener) serveStreams(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer l.serving.Wait()
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
			err := l.acceptOne(ctx)
			if isTimeout(err) && ready.Read(l.stream) {
				return nil // this process did not run in the meantime
			}
			return err
		},
	}
}

// setAcceptTimeout bounds the next accept, also one that is under way.
func (l *Listener) setAcceptTimeout(d time.Duration) {
	if s, ok := l.stream.(interface{ SetDeadline(time.Time) error }); ok { // TCP and unix sockets have it
		s.SetDeadline(time.Now().Add(d)) // fails only if the listener is closed, which ends accepts too
	}
}

// acceptOne serves the next connection. If there is no descriptor for it, the next
// attempt gets that of another one.
func (l *Listener) acceptOne(ctx context.Context) error {
	conn, err := l.stream.Accept()
	if err != nil {
		if descriptors.Lacks(err) {
			l.streams.closeOldest()
		}
		return err
	}
	l.admit(ctx, conn)
	return nil
}

// admit starts to serve a connection that was accepted.
func (l *Listener) admit(ctx context.Context, conn net.Conn) {
	l.counts.acceptedConns.Add(1)
	p := peerOf(conn)
	ctx, replace := context.WithCancelCause(ctx)
	place := l.firstPool().add(ctx, p.host, replace)
	l.serving.Go(func() {
		defer replace(nil)
		l.serve(ctx, conn, p, place, replace)
	})
}

// firstPool returns the pool of connections that were just accepted.
func (l *Listener) firstPool() *pool {
	if l.tls != nil {
		return l.handshakes
	}
	return l.streams
}

// serve serves one connection to its end. place is that in the pool of new ones. A
// TLS connection counts as a stream only when its handshake is done.
func (l *Listener) serve(ctx context.Context, conn net.Conn, p peer, place *member, replace context.CancelCauseFunc) {
	defer func() { place.end() }()
	defer conn.Close()
	conn = newCoalescedConn(conn, ctx.Done())
	if l.tls != nil {
		secure, ok := l.secure(ctx, conn, p)
		if !ok {
			return
		}
		place.end()
		conn, place = secure, l.streams.add(ctx, p.host, replace)
	}
	l.counts.openConns.Add(1)
	defer l.counts.openConns.Add(-1)
	newStream(l, conn, p, place).run(ctx)
	switch context.Cause(ctx) {
	case errReplaced:
		l.rejectConn(connNewcomer, p.text, "maxconns", l.opts.MaxConns)
	case errNoDescriptor:
		most, _ := descriptors.Max()
		l.rejectConn(connDescriptors, p.text, "descriptors", most)
	}
}
