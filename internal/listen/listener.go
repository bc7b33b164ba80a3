package listen

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"

	"monkit.example/internal/endpoint"
)

// Listener is one bound socket.
type Listener struct {
	name   string
	opts   Options
	file   socketFile // of a socket that is one
	packet *packetConn
	stream net.Listener // of a stream transport
	tls    *tls.Config  // of streams that speak it
	ring   *ring
	keys   keys

	counts counts

	conns    sync.WaitGroup
	closing  sync.Once
	closeErr error // set by closing
}

// Open binds ep. The error says what to do about it.
func Open(ep endpoint.Endpoint, o Options) (*Listener, error) {
	l := &Listener{name: ep.String(), keys: newKeys(ep.String())}
	if err := l.open(ep, o); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", l.name, err)
	}
	return l, nil
}

func (l *Listener) open(ep endpoint.Endpoint, o Options) (err error) {
	if l.opts, err = o.withDefaults().with(ep.Options); err != nil {
		return err
	}
	l.ring = newRing(l.opts.RingBytes)
	if ep.Transport == endpoint.TLS {
		if l.tls, err = tlsConfig(ep.Options); err != nil {
			return err
		}
	}
	if !ep.IsPath() {
		return Explain(l.bind(ep))
	}
	return l.openPath(ep)
}

func (l *Listener) openPath(ep endpoint.Endpoint) (err error) {
	if l.opts.mode != 0 && !isFile(ep.Address) {
		return fmt.Errorf("mode is for sockets that are files, which %s is not; leave it out", ep.Address)
	}
	removeStale(ep.Address)
	if err = Explain(l.bind(ep)); err != nil {
		return err
	}
	if l.file, err = claimFile(ep.Address, l.opts.mode); err != nil {
		l.Close() // err says more
	}
	return err
}

func (l *Listener) bind(ep endpoint.Endpoint) (err error) {
	var conf net.ListenConfig
	if l.opts.mode != 0 {
		defer narrow(&conf, l.opts.mode)()
	}
	ctx := context.Background() // binding does not wait for anybody
	switch ep.Transport {
	case endpoint.UDP, endpoint.Unixgram:
		l.packet, err = bindPacket(ctx, conf, ep, l.opts)
	case endpoint.TCP, endpoint.Unix:
		l.stream, err = conf.Listen(ctx, ep.Transport, ep.Address)
	case endpoint.TLS:
		l.stream, err = conf.Listen(ctx, "tcp", ep.Address)
	default:
		err = fmt.Errorf("a listener cannot be %s; use udp, tcp, tls, unix or unixgram", ep.Transport)
	}
	if u, ok := l.stream.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // Close removes the file, if it is still ours
	}
	return err
}

// Name is the endpoint as text, without credentials.
func (l *Listener) Name() string { return l.name }

// Addr is what was bound.
func (l *Listener) Addr() net.Addr {
	if l.packet != nil {
		return l.packet.addr
	}
	return l.stream.Addr()
}

// drainTime is how long a socket is still read when the listener ends.
const drainTime = time.Second

// Run reads until ctx ends, then drains what the kernel still holds, for a
// second at most, and what is in the ring. take gets whole lines, many at a
// time, from one goroutine; it must not keep them. An error means that the
// socket broke. Run closes the listener; it can run once.
func (l *Listener) Run(ctx context.Context, take func(lines []byte)) error {
	var taking sync.WaitGroup
	taking.Go(func() { l.takeAll(take) })
	var err error
	if l.packet != nil {
		err = l.readPackets(ctx)
	} else {
		err = l.serveAll(ctx)
	}
	l.ring.end()
	taking.Wait()
	return err
}

func (l *Listener) takeAll(take func(lines []byte)) {
	for lines, ok := l.ring.take(nil); ok; lines, ok = l.ring.take(lines) {
		take(lines)
	}
}

// Close lets go of a listener that is not Run. One that is running breaks.
// Only the first Close does anything.
func (l *Listener) Close() error {
	l.closing.Do(func() {
		l.file.remove()
		if l.packet != nil {
			l.closeErr = l.packet.close()
		} else {
			l.closeErr = l.stream.Close()
		}
	})
	return l.closeErr
}

// KernelDrops is how many datagrams the kernel dropped on this socket because
// it was not read fast enough; ok is false where the system does not say.
func (l *Listener) KernelDrops() (n int64, ok bool) {
	if l.packet == nil {
		return 0, false
	}
	k := l.packet.kernel()
	return k.drops, k.known
}
