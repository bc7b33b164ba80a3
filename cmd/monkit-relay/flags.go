package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"monkit.example/internal/relay"
)

const usage = `usage: monkit-relay -listen ADDRESS... -forward ADDRESS...
       monkit-relay demo [-h]

Receives lines on every -listen and sends each of them to every -forward whose
format it can be turned into. Both flags repeat. SIGTERM drains what is under
way and prints what became of every line.

StatsD lines say what changed, so they go to Graphite and Influx as aggregates
every -aggregate: NAME.total for counters, NAME.value for gauges, and NAME.count,
sum, min, max and r50 to r99 for timers and histograms.

An ADDRESS is FORMAT+TRANSPORT://HOST:PORT, or a path for a socket in the file
system. A listener may leave out the host, which means all interfaces.

  FORMAT      graphite, influx or statsd
  TRANSPORT   udp, tcp, tls, unix or unixgram; to forward influx also http, https

Examples:
  -listen graphite+udp://:2003
  -listen graphite+tcp://127.0.0.1:2003
  -listen 'graphite+tls://:2004?cert=relay.pem&key=relay.key'
  -listen statsd+unixgram:///run/statsd.sock
  -forward graphite+tcp://carbon.example:2003
  -forward 'influx+http://influx.example:8086/write?db=metrics'
  -forward statsd+udp://statsd.example:8125

Flags:
`

// addresses is a flag that repeats.
type addresses []string

func (a *addresses) String() string { return strings.Join(*a, " ") }

func (a *addresses) Set(s string) error {
	*a = append(*a, s)
	return nil
}

// parseFlags writes to out what is wrong with args.
func parseFlags(args []string, out io.Writer) (cfg relay.Config, err error) {
	f := flag.NewFlagSet("monkit-relay", flag.ContinueOnError)
	f.SetOutput(out)
	f.Usage = func() {
		fmt.Fprint(out, usage)
		f.PrintDefaults()
	}
	f.Var((*addresses)(&cfg.Listen), "listen", "receive on `ADDRESS`; repeats")
	f.Var((*addresses)(&cfg.Forward), "forward", "send to `ADDRESS`; repeats")
	f.DurationVar(&cfg.Aggregate, "aggregate", 10*time.Second, "send aggregates of StatsD lines every `time`")
	f.DurationVar(&cfg.Drain, "drain", 5*time.Second, "after a signal, deliver for at most this `time`")
	f.IntVar(&cfg.RcvBuf, "rcvbuf", 8<<20, "`bytes` that the kernel shall hold of datagrams")
	if err := f.Parse(args); err != nil {
		return cfg, err
	}
	if err := check(cfg, f.Args()); err != nil {
		fmt.Fprintf(out, "monkit-relay: %v\n", err)
		return cfg, err
	}
	return cfg, nil
}

func check(cfg relay.Config, rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q is not a flag: write -listen or -forward before each address, or see monkit-relay -h", rest[0])
	case cfg.Aggregate < time.Second:
		return fmt.Errorf("-aggregate %v: write a time of at least 1s, such as 10s", cfg.Aggregate)
	case cfg.Drain <= 0:
		return fmt.Errorf("-drain %v: write a time such as 5s", cfg.Drain)
	case cfg.RcvBuf <= 0:
		return fmt.Errorf("-rcvbuf %d: write a number of bytes such as 8388608", cfg.RcvBuf)
	}
	return nil
}
