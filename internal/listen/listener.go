package listen

import (
	"context"
	"crypto/tls"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/ledger"
)

// Options change how a Listener works. The zero value is good.
type Options struct {
	// RcvBuf is what the kernel shall hold of datagrams, in bytes. Zero means
	// 8 MiB: the default of most systems is full after two milliseconds of a
	// hundred thousand datagrams a second.
	RcvBuf int
	// RingBytes is what may wait to be decoded. Zero means 16 MiB.
	RingBytes int
	// MaxConns is how many streams may be open at once. Zero means 1024.
	MaxConns int
	// MaxLine is the most bytes of one line of a stream; a longer one is
	// refused and the stream goes on. Zero means 64 KiB.
	MaxLine int
	// Idle is after how long without a byte a stream is closed. Zero means
	// ten minutes.
	Idle time.Duration
	// Logger hears what an operator should know. Nil means nobody does.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&o.RcvBuf, 8<<20)
	def(&o.RingBytes, 16<<20)
	def(&o.MaxConns, 1024)
	def(&o.MaxLine, 64<<10)
	if o.Idle <= 0 {
		o.Idle = 10 * time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Listener is one bound socket.
type Listener struct {
	name   string
	path   string // of a datagram socket that is a file
	opts   Options
	ring   *ring
	packet *packetConn  // of a datagram transport
	stream net.Listener // of a stream transport
	door   net.Listener // what stream accepts from: stream itself, or what is below its TLS

	conns     sync.WaitGroup
	open      atomic.Int64 // streams
	accepted  atomic.Int64 // streams so far
	refused   atomic.Int64 // streams beyond MaxConns, or datagrams that found the ring full
	datagrams atomic.Int64

	keys keys

	mu       sync.Mutex
	rejected map[string]int64 // lines that never came out of the ring; guarded by mu
}

// Open binds ep. The error says what to do about it.
func Open(ep endpoint.Endpoint, o Options) (*Listener, error) {
	l := &Listener{name: ep.String(), opts: o.withDefaults(), keys: newKeys(ep.String()), rejected: make(map[string]int64)}
	l.ring = newRing(l.opts.RingBytes)
	mode, err := l.options(ep.Options)
	if err == nil {
		err = l.bind(ep)
	}
	if err == nil && mode != 0 {
		if err = os.Chmod(ep.Address, mode); err != nil {
			l.Close() // err says more
		}
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", l.name, err)
	}
	return l, nil
}

// options reads what an address says beside the socket's own place.
func (l *Listener) options(o url.Values) (mode fs.FileMode, err error) {
	if s := o.Get("idle"); s != "" {
		if l.opts.Idle, err = time.ParseDuration(s); err != nil || l.opts.Idle <= 0 {
			return 0, fmt.Errorf("idle=%s is not a time; write one such as idle=10m", s)
		}
	}
	if s := o.Get("mode"); s != "" {
		bits, err := strconv.ParseUint(s, 8, 9)
		if err != nil || bits == 0 {
			return 0, fmt.Errorf("mode=%s is not a file mode; write one such as mode=0660", s)
		}
		mode = fs.FileMode(bits)
	}
	return mode, nil
}

func (l *Listener) bind(ep endpoint.Endpoint) (err error) {
	if ep.IsPath() {
		removeStale(ep.Address)
	}
	switch ep.Transport {
	case endpoint.UDP, endpoint.Unixgram:
		l.packet, err = bindPacket(ep.Transport, ep.Address, l.opts)
		if ep.IsPath() && !strings.HasPrefix(ep.Address, "@") { // Linux's abstract names are no files
			l.path = ep.Address
		}
	case endpoint.TCP, endpoint.Unix:
		l.door, err = net.Listen(ep.Transport, ep.Address)
		l.stream = l.door
	case endpoint.TLS:
		var conf *tls.Config
		if conf, err = tlsConfig(ep.Options); err != nil {
			return err
		}
		if l.door, err = net.Listen("tcp", ep.Address); err == nil {
			l.stream = tls.NewListener(l.door, conf)
		}
	default:
		err = fmt.Errorf("a listener cannot be %s; use udp, tcp, tls, unix or unixgram", ep.Transport)
	}
	return err
}

// removeStale removes a socket that nobody listens on any more, which is what
// a process that was killed leaves behind. Anything else is left alone.
func removeStale(path string) {
	info, err := os.Stat(path)
	if err != nil || info.Mode()&fs.ModeSocket == 0 {
		return
	}
	for _, network := range []string{"unix", "unixgram"} {
		conn, err := net.Dial(network, path)
		if err == nil {
			conn.Close()
			return
		}
	}
	os.Remove(path) // if it fails, binding says why
}

// Name is the endpoint as text, without credentials.
func (l *Listener) Name() string { return l.name }

// Addr is what was bound.
func (l *Listener) Addr() net.Addr {
	if l.packet != nil {
		return l.packet.conn.LocalAddr()
	}
	return l.stream.Addr()
}

// Run reads until ctx ends, then drains what the kernel still holds and what
// is in the ring. take gets whole lines, many at a time, from one goroutine;
// it must not keep them. An error means that the socket broke.
func (l *Listener) Run(ctx context.Context, take func(lines []byte)) error {
	taken := make(chan struct{})
	go func() {
		defer close(taken)
		var lines []byte
		for ok := true; ok; {
			if lines, ok = l.ring.take(lines); ok {
				take(lines)
			}
		}
	}()
	var err error
	if l.packet != nil {
		err = l.readPackets(ctx)
	} else {
		err = l.accept(ctx)
	}
	l.ring.end()
	<-taken
	return err
}

// Close lets go of a listener that was never Run.
func (l *Listener) Close() error {
	if l.packet != nil {
		return l.closePackets()
	}
	return l.stream.Close()
}

// reject counts lines that were refused before they could be decoded.
func (l *Listener) reject(why string, lines int64) {
	if lines == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rejected[why] += lines
}

// Intake accounts for the lines that were refused here; those that came out
// of the ring are the taker's to count.
func (l *Listener) Intake() ledger.Intake {
	l.mu.Lock()
	defer l.mu.Unlock()
	in := ledger.Intake{Rejected: maps.Clone(l.rejected)}
	for _, n := range in.Rejected {
		in.Received += n
	}
	return in
}

// KernelDrops is how many datagrams the kernel dropped on this socket because
// it was not read fast enough; ok is false where the system does not say.
func (l *Listener) KernelDrops() (n int64, ok bool) {
	if l.packet == nil {
		return 0, false
	}
	return l.packet.drops()
}
