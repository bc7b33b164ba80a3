package listen

import (
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"monkit.example/internal/descriptors"
	"monkit.example/internal/endpoint"
	"monkit.example/internal/safelog"
	"monkit.example/reporters/ledger"
)

// Options configure a Listener. The zero value works.
type Options struct {
	// Name is the listener in series, logs and errors. It holds no credentials.
	// Empty means the endpoint without its options.
	Name string
	// RcvBuf is the size of the kernel's receive buffer for datagrams, in
	// bytes. Zero means 8 MiB: the default of most systems is full after two
	// milliseconds of a hundred thousand datagrams a second.
	RcvBuf int
	// RingBytes is how many bytes of lines may wait to be taken; while these
	// are taken, as many more. Zero means 8 MiB for datagrams, which are
	// rejected when the ring is full, and 1 MiB for streams, which wait. A
	// single larger datagram is accepted when nothing else waits.
	RingBytes int
	// MaxConns is how many streams may be open at once. For a further one, the
	// stream is closed that has sent no line for longest; of the streams of one
	// address, if that has more than half of them. Connections whose TLS handshake
	// is unfinished are an eighth as many at most. Zero means DefaultMaxConns(1).
	MaxConns int
	// MaxLine is how many bytes one line of a stream may have; a longer line
	// is rejected and the stream goes on. Zero means 64 KiB.
	MaxLine int
	// Idle is how long a stream may send no whole line before it is closed. Zero
	// means ten minutes.
	Idle time.Duration
	// Lines turns what a stream sends into lines, for formats that are no
	// lines. Its reader must go on after an error of a deadline. It asks grow for
	// the memory of what arrived in part. If it is an io.Closer, it is closed when
	// the stream has ended. Nil means that the stream sends lines. Datagrams are
	// always lines.
	Lines func(r io.Reader, grow Grow) io.Reader
	// Direct has datagrams passed on from the goroutine that reads them,
	// without the ring: right if the function that takes them never blocks. It
	// saves a copy, and a wake-up for each read.
	Direct bool
	// OnRejected is called for lines that are rejected before they reach a decoder,
	// with what is known of the first of them. It may be called by several
	// goroutines, and must neither wait nor keep the text. Nil means that the lines
	// are only counted.
	OnRejected func(Rejected)
	// Book counts the lines. Nil means one in memory.
	Book *ledger.ListenerBook
	// Logger receives what an operator should know. Nil discards it.
	Logger *slog.Logger

	mode fs.FileMode // of the file of a unix socket; zero leaves it to the umask
}

// Grow reports whether a reader may use by more bytes of memory, or notes that it
// uses fewer if by is negative. If it returns false, the listener counts one line as
// lost, and the reader skips what it has no memory for.
type Grow = func(by int) bool

func (o Options) withDefaults() Options {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&o.RcvBuf, 8<<20)
	def(&o.MaxConns, DefaultMaxConns(1))
	def(&o.MaxLine, 64<<10)
	if o.Idle <= 0 {
		o.Idle = 10 * time.Minute
	}
	if o.Book == nil {
		o.Book = ledger.NewListenerBook()
	}
	if o.Logger = safelog.Wrap(o.Logger); o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// ringBytes returns the size of the ring of a listener of datagrams, or of
// streams.
func (o Options) ringBytes(datagrams bool) int {
	switch {
	case o.RingBytes > 0 && datagrams:
		return o.RingBytes
	case o.RingBytes > 0:
		return min(o.RingBytes, streamRing)
	case datagrams:
		return 8 << 20
	}
	return streamRing
}

// streamRing is the size of a ring for streams, which wait for room in it.
const streamRing = 1 << 20

// addressOptions are the options that an address may have after its question
// mark, other than those for certificates: rcvbuf=16MiB for datagrams, mode=0660
// for sockets that are files, and idle=10m and maxconns=10000 for streams.
var addressOptions = map[string]func(o *Options, value string) error{
	"rcvbuf":   setRcvBuf,
	"mode":     setMode,
	"idle":     setIdle,
	"maxconns": setMaxConns,
}

// Check returns an error if [Open] would reject one of these options of ep. It
// binds nothing.
func Check(ep endpoint.Endpoint) error {
	if _, err := (Options{}).withAddress(ep.Options); err != nil {
		return fmt.Errorf("address %q: %w", ep, err)
	}
	return nil
}

// withAddress returns o overridden by the options of an address.
func (o Options) withAddress(options url.Values) (Options, error) {
	for _, name := range slices.Sorted(maps.Keys(options)) {
		if set := addressOptions[name]; set != nil {
			if err := set(&o, options.Get(name)); err != nil {
				return o, err
			}
		}
	}
	return o, nil
}

// maxRcvBuf is small enough that the kernel can double it in its int.
const maxRcvBuf = 1 << 30

func setRcvBuf(o *Options, value string) error {
	n, err := endpoint.ParseSize(value)
	if err != nil || n <= 0 || n > maxRcvBuf {
		return fmt.Errorf("rcvbuf=%s is not a size from 1 to 1GiB; write one such as rcvbuf=16MiB", value)
	}
	o.RcvBuf = int(n)
	return nil
}

func setMode(o *Options, value string) error {
	bits, err := strconv.ParseUint(value, 8, 9)
	if err != nil || bits == 0 {
		return fmt.Errorf("mode=%s is not a file mode; write one such as mode=0660", value)
	}
	o.mode = fs.FileMode(bits)
	return nil
}

func setIdle(o *Options, value string) error {
	d, err := endpoint.ParseDuration(value)
	if err != nil || d <= 0 {
		return fmt.Errorf("idle=%s is not a time; write one such as idle=10m", value)
	}
	o.Idle = d
	return nil
}

func setMaxConns(o *Options, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n <= 0 {
		return fmt.Errorf("maxconns=%s is not a number of connections; write one such as maxconns=%d", value, mostConns)
	}
	if most, ok := descriptors.Max(); ok && uint64(n) > most {
		return fmt.Errorf("maxconns=%s is more than the %d descriptors that this process may have; write fewer, or raise the limit (ulimit -n, LimitNOFILE=)", value, most)
	}
	o.MaxConns = n
	return nil
}
