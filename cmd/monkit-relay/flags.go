package main

import (
	"io"
	"strings"
	"time"

	"monkit.example/internal/relay"
)

const usage = `usage: monkit-relay -listen ADDRESS... -forward ADDRESS...
       monkit-relay demo [-h]

Receives lines on every -listen and sends each of them to every -forward whose
format it can be turned into. Both flags repeat. SIGTERM drains what is under
way and prints what became of every line; a second one ends at once.

StatsD lines say what changed, so they go to Graphite and Influx as aggregates
every -aggregate: NAME.total for counters, NAME.value for gauges, and NAME.count,
sum, min, max and r50 to r999 for timers and histograms.

An ADDRESS is FORMAT+TRANSPORT://HOST:PORT, or a path for a socket in the file
system. A listener may leave out the host, which means all interfaces.

  FORMAT      graphite, influx or statsd
  TRANSPORT   udp, tcp, tls, unix or unixgram; to forward influx also http, https

Behind a ? a listener may have options: rcvbuf=16MiB for udp and unixgram, idle=10m
for tcp, tls and unix, mode=0660 for unix and unixgram, cert=FILE, key=FILE and
ca=FILE (clients must have a certificate of it) for tls; a forward by tls may have ca,
cert, key and servername.

Examples:
  -listen graphite+udp://:2003
  -listen graphite+tcp://127.0.0.1:2003
  -listen 'graphite+tls://:2004?cert=relay.pem&key=relay.key'
  -listen statsd+unixgram:///run/statsd.sock
  -forward graphite+tcp://carbon.example:2003
  -forward 'influx+http://influx.example:8086/write?db=metrics'
  -forward statsd+udp://statsd.example:8125
  -http 127.0.0.1:9125

The pages of -http show the ledger, refused lines and the relay's own metrics to
whoever asks; /healthz answers 503 while the relay drains and once a listener
broke. Without a host before the port they are for this machine only.

The exit code is 0 if all went well, 1 if a listener broke, 2 if the command line
is wrong or an address is taken.

Flags:
`

// parseFlags writes help to out if it is asked for. The addresses are left to
// relay.New.
func parseFlags(args []string, out io.Writer) (cfg relay.Config, err error) {
	cfg = relay.Config{Aggregate: 10 * time.Second, Drain: 5 * time.Second, RcvBuf: 8 << 20}
	f := newFlagSet("monkit-relay", "write -listen or -forward before each address")
	f.Var((*addresses)(&cfg.Listen), "listen", "receive on `ADDRESS`; repeats")
	f.Var((*addresses)(&cfg.Forward), "forward", "send to `ADDRESS`; repeats")
	f.StringVar(&cfg.HTTP, "http", "", "serve admin pages on `HOST:PORT`; nowhere if this is not given")
	addFlag(f, &cfg.Aggregate, "aggregate", "send aggregates of StatsD lines every `time`", atLeast(time.Second, "10s"))
	addFlag(f, &cfg.Drain, "drain", "after a signal, deliver for at most this `time`", atLeast(time.Millisecond, "5s"))
	addFlag(f, &cfg.RcvBuf, "rcvbuf", "`bytes` that the kernel shall hold of datagrams", numberIn(1, 1<<30, "8388608"))
	return cfg, f.read(args, usage, out)
}

// addresses is a flag that repeats.
type addresses []string

func (a *addresses) String() string { return strings.Join(*a, " ") }

func (a *addresses) Set(s string) error {
	*a = append(*a, s)
	return nil
}
