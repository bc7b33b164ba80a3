package main

import (
	"errors"
	"flag"
	"io"
	"strings"
	"time"

	"monkit.example/internal/relay"
)

const usage = `usage: monkit-relay -listen ADDRESS... -forward ADDRESS...
       monkit-relay spool ls|cat|verify|drain DIR
       monkit-relay demo [-h]
       monkit-relay version
       monkit-relay help [COMMAND]

Receives lines on every -listen and forwards them to every -forward, converted if
the formats differ. Both flags repeat. SIGTERM delivers the lines that are pending
and prints the ledger of every line; a second SIGTERM ends at once.

StatsD lines report changes. For other formats they are aggregated, and sent
every -aggregate:
  c         NAME.total, all that was counted since the relay began
  g         NAME.value
  ms, h, d  NAME.count, sum, min, max and recent of all samples since the relay
            began, where one with @0.1 counts ten times in count and sum; and rmin,
            ravg, r10, r50, r90, r95, r99, r999 and rmax of the last minute or two
  s         NAME.count, the different members since the last time; exact up to
            1 000, and beyond that about 1 % wrong
A name that gets no more lines is repeated for an hour, and then forgotten; that of
a set ends with one 0. StatsD's own daemon sends counts and statistics of one
interval alone. A line with a time of its own (|T) is sent once, as NAME.value at
that time. Servers keep one value of a name and a time: counts that come together
are added up, of gauges the last is sent, and later ones replace it.

An ADDRESS is FORMAT+TRANSPORT://HOST:PORT, or FORMAT+TRANSPORT://PATH for a unix
socket. In -listen the host may be left out, which means all interfaces.

  FORMAT      graphite, influx, statsd or pickle (of Carbon); for -forward also otlp
  TRANSPORT   udp, tcp, tls, unix or unixgram; pickle has no udp and unixgram;
              for -forward influx also http, https; otlp has only these

Options follow a ?, with & between them. In -listen:

  rcvbuf=16MiB       udp, unixgram: size of the kernel's buffer
  idle=10m           tcp, tls, unix: a connection without a whole line for so long is
                     closed
  maxconns=10000     tcp, tls, unix: beyond it, a newcomer replaces the connection
                     without a line for longest (default 10000, or half of the
                     descriptors if that is less, divided over such listeners)
  mode=0660          unix, unixgram: mode of the file
  cert=FILE key=FILE tls: certificate
  ca=FILE            tls: require client certificates that it signed
  precision=ns       influx: unit of its times, ns, us, ms or s
  dialect=dogstatsd  statsd: its clients are DogStatsD's, whose gauges with a sign are
                     values, not changes; dialect=statsd if they are not
  totals=true        graphite, influx, pickle: fields called total, count, successes,
                     errors, panics and failures are counters, as they always are in
                     series with the tag scope

A line of a stream has at most 64 KiB, one of statsd 8 KiB. In -forward:

  ca=FILE cert=FILE key=FILE servername=NAME  tls, https
  token=@FILE, or username=NAME&password=@FILE  http, https
  tagged=true        graphite, pickle: NAME;key=value instead of NAME.key.value

The rest of the query of a URL belongs to the server. Files are read whenever they are
used, so that they may be replaced, or be written later than the relay starts. A
credential in an address itself can be read by every user.

Sizes are like 4096, 64KiB or 64K, 1.5GiB, 10MB (1000 KB); times are like 250ms, 10s,
1h30m or 7d, and a number alone is seconds. Both are so in flags and in addresses.

Examples:
  -listen graphite+udp://:2003
  -listen graphite+tcp://127.0.0.1:2003
  -listen 'graphite+tls://:2004?cert=relay.pem&key=relay.key'
  -listen statsd+unixgram:///run/statsd.sock
  -forward graphite+tcp://carbon.example:2003
  -forward 'influx+http://influx.example:8086/write?db=metrics'
  -forward statsd+udp://statsd.example:8125
  -forward otlp+http://collector.example:4318
  -http 127.0.0.1:9125

An address at which the relay itself receives is no destination. Relays that forward
to each other are not found.

-http serves the ledger, the rejected lines and the metrics of the relay to everyone
who can reach its address, which is local if it has no host. /healthz responds with
status 503 while the relay drains, and after a listener failed; /readyz also before
all listeners are read. Both respond while all other pages are occupied.

The exit code of the relay is 0 on success, 1 if a listener failed, and 2 if the command
line is wrong or an address cannot be bound; a ledger or log that cannot be written does
not change it. The command version exits with 1 if its output cannot be written.
SIGHUP is ignored: flags are read at the start only.

Flags:
`

// parseFlags parses the flags of the relay. If help is requested, it writes help
// to out. If the version is, it returns errVersion. It leaves the addresses to relay.New.
func parseFlags(args []string, out io.Writer) (cfg relay.Config, err error) {
	cfg = relay.Config{Aggregate: 10 * time.Second, Drain: 5 * time.Second, RcvBuf: 8 << 20}
	f := newFlagSet("monkit-relay", "write -listen or -forward before each address")
	f.commands = namesOf(commands())
	version := f.Bool("version", false, "print the version and end")
	f.Var((*addresses)(&cfg.Listen), "listen", "receive lines on `ADDRESS`; repeats")
	f.Var((*addresses)(&cfg.Forward), "forward", "forward lines to `ADDRESS`; repeats")
	f.StringVar(&cfg.HTTP, "http", "", "serve admin pages on `HOST:PORT`; without this flag there are none")
	addFlag(f, &cfg.Aggregate, "aggregate", "send aggregates of StatsD lines every `time`", atLeast(time.Second, "10s"))
	addFlag(f, &cfg.AggregateBytes, "aggregate-memory", "keep aggregates of StatsD lines in up to so many `bytes`, of which each listener has an equal share (default 256MiB)", sizeOf[int64](1<<20, 1<<40, "256MiB"))
	addFlag(f, &cfg.Drain, "drain", "after a signal, deliver for at most this `time`", atLeast(time.Millisecond, "5s"))
	addSize(f, &cfg.Queue, "queue", "keep up to so many `bytes` in memory for each destination; the oldest lines are dropped beyond it (default a share of -memory)", 64<<10, 64<<30, "32MiB")
	addFlag(f, &cfg.MaxAge, "max-age", "drop lines that have waited for this `time` (default 10m, with -spool a year)", atLeast(time.Second, "10m"))
	f.StringVar(&cfg.Spool, "spool", "", "keep lines that cannot be sent soon in `DIR`, where they survive a restart and a crash")
	addSize(f, &cfg.SpoolBytes, "spool-max", "keep up to so many `bytes` on disk for each destination (default 1GiB)", 1<<20, 1<<50, "4GiB")
	addSize(f, &cfg.Memory, "memory", "divide so many `bytes` over all listeners and destinations (default 64MiB, or more if they are many)", 1<<20, 1<<40, "64MiB")
	addSize(f, &cfg.RcvBuf, "rcvbuf", "size of the kernel's buffer for received datagrams, in `bytes`", 1, 1<<30, "16MiB")
	err = f.read(args, usage, out)
	if *version && !errors.Is(err, flag.ErrHelp) {
		err = errVersion
	}
	return cfg, err
}

// errVersion is that the version was requested.
var errVersion = errors.New("the version was requested")

// addresses is a flag that repeats.
type addresses []string

func (a *addresses) String() string { return strings.Join(*a, " ") }

func (a *addresses) Set(s string) error {
	if strings.HasPrefix(s, "-") {
		return errors.New("a flag in place of an address; write the address between the two")
	}
	*a = append(*a, s)
	return nil
}
