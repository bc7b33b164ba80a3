package listen

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"

	"monkit.example/internal/endpoint"
)

// Listener is one bound socket and the ring that it is read into. Its
// methods may be called concurrently; Run only once.
type Listener struct {
	// Set by Open.
	name   string
	opts   Options
	file   socketFile   // of a unix socket
	packet *packetConn  // of a datagram transport, else nil
	stream net.Listener // of a stream transport, else nil
	tls    *tls.Config  // of the transport tls, else nil
	files  *tlsFiles    // that tls is made of
	ring   *ring
	keys   keys
	format string // of the lines, or ""

	counts        counts
	rejectedConns rejectedConns

	direct direct

	streams    *pool          // connections that send lines
	handshakes *pool          // connections of tls before that
	serving    sync.WaitGroup // goroutines of both
	buffers    bufferBudget   // of streams

	closing  sync.Once
	closeErr error // set by closing
}

// Open binds ep. Its error contains advice for the operator.
func Open(ep endpoint.Endpoint, o Options) (*Listener, error) {
	name := cmp.Or(o.Name, ep.Name())
	l := &Listener{name: name, format: ep.Format, keys: newKeys(name)}
	if err := l.open(ep, o); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", l.name, err)
	}
	return l, nil
}

func (l *Listener) open(ep endpoint.Endpoint, o Options) (err error) {
	if l.opts, err = o.withDefaults().withAddress(ep.Options); err != nil {
		return err
	}
	l.ring = newRing(l.opts.ringBytes(isDatagrams(ep)))
	l.streams, l.handshakes = newPool(l.opts.MaxConns), newPool(maxHandshakes(l.opts.MaxConns))
	if ep.Transport == endpoint.TLS {
		if l.files, err = newTLSFiles(ep.Options); err != nil {
			return err
		}
		l.tls = l.files.server()
		_, err = l.files.config()
		l.files.explain(l.opts.Logger, l.name, err)
	}
	if !ep.IsPath() {
		return Explain(l.bind(ep))
	}
	return l.openPath(ep)
}

func isDatagrams(ep endpoint.Endpoint) bool {
	return ep.Transport == endpoint.UDP || ep.Transport == endpoint.Unixgram
}

func (l *Listener) openPath(ep endpoint.Endpoint) (err error) {
	if l.opts.mode != 0 && !isFile(ep.Address) {
		return fmt.Errorf("mode is for sockets that are files, which %s is not; leave it out", ep.Address)
	}
	if err = checkPlace(ep.Address); err != nil {
		return err
	}
	removeStale(ep.Address)
	if err = Explain(l.bind(ep)); err != nil {
		return err
	}
	if l.file, err = claimFile(ep.Address, l.opts.mode); err != nil {
		l.Close() // err is the cause
	}
	return err
}

func (l *Listener) bind(ep endpoint.Endpoint) (err error) {
	var conf net.ListenConfig
	if l.opts.mode != 0 {
		defer limitMode(&conf, l.opts.mode)()
	}
	ctx := context.Background() // bind does not block
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
		u.SetUnlinkOnClose(false) // Close removes the file, but only if it is still ours
	}
	return err
}

// Name returns the name of the options, or the endpoint as text, without its
// options and credentials.
func (l *Listener) Name() string { return l.name }

// Addr returns the address that was bound.
func (l *Listener) Addr() net.Addr {
	if l.packet != nil {
		return l.packet.addr
	}
	return l.stream.Addr()
}

// drainTime bounds how long a socket is still read after ctx of Run ended.
const drainTime = time.Second

// Run reads until ctx ends, then drains the kernel's buffers, for a second at
// most, and the ring. It calls take from one goroutine with texts of whole lines,
// which take must neither keep nor change; each is of one sender. more is true if another call follows
// within moments, maybe without a text. take accounts for each line in the book
// of the listener, which has counted it as received. Run returns an error if the
// socket broke. It closes the listener, so it can be called once.
func (l *Listener) Run(ctx context.Context, take func(texts []Text, more bool)) error {
	if l.opts.Direct && l.packet != nil {
		l.direct.take = take
		return l.readPackets(ctx)
	}
	var taking sync.WaitGroup
	taking.Go(func() { l.takeAll(take) })
	var err error
	if l.packet != nil {
		err = l.readPackets(ctx)
	} else {
		err = l.serveStreams(ctx)
	}
	l.ring.close()
	taking.Wait()
	return err
}

// takeAll passes lines from the ring to take until the ring is closed and
// empty.
func (l *Listener) takeAll(take func(texts []Text, more bool)) {
	texts := make([]Text, 0, perTake)
	for lines, ok := l.ring.take(nil); ok; lines, ok = l.ring.take(lines) {
		parts, begin := l.ring.taken, 0
		for len(parts) > 0 {
			n := min(len(parts), perTake)
			texts = texts[:0]
			for _, p := range parts[:n] {
				texts = append(texts, Text{Lines: lines[begin:p.end], From: p.from})
				begin = p.end
			}
			parts = parts[n:]
			take(texts, len(parts) > 0)
		}
	}
}

// perTake is how many texts of the ring are passed on at a time: so many cost
// little beside the lines.
const perTake = 1024

// Close releases the socket. Run, if it is under way, returns an error. Every
// call returns the result of the first.
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
