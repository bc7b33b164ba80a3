package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// demoWindow is how far back the demo's page can look.
const demoWindow = 5 * time.Minute

// demoOptions are the flags of the demo.
type demoOptions struct {
	lasts    time.Duration // zero: until it is interrupted
	http     string
	interval time.Duration
	rate     float64
}

const demoUsage = `usage: monkit-relay demo [flags]

Runs a small instrumented service under load, pushes its metrics over UDP to a
relay in the same process, and shows what arrives on a page of its own. It ends
with an account of every line, and with exit code 0 if all of them arrived.

`

// demo runs the demo and returns the exit code.
func demo(args []string) int {
	o, err := parseDemo(args, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	t, err := runDemo(ctx, o, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "monkit-relay: demo:", err)
		return 1
	}
	if !t.complete() {
		return 1
	}
	return 0
}

// parseDemo tells out what is wrong with args.
func parseDemo(args []string, out io.Writer) (o demoOptions, err error) {
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.SetOutput(out)
	f.Usage = func() {
		fmt.Fprint(out, demoUsage)
		f.PrintDefaults()
	}
	f.DurationVar(&o.lasts, "for", 0, "end by itself after this `time`; 0 means at an interrupt")
	f.StringVar(&o.http, "http", "127.0.0.1:0", "`address` of the page, on this machine; port 0 is any free one")
	f.DurationVar(&o.interval, "interval", time.Second, "`time` between pushes, at least 100ms; what is pushed twice within a second is shown once")
	f.Float64Var(&o.rate, "rate", 100, "requests a second to the service, at most 1000")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if err := o.check(f.Args()); err != nil {
		fmt.Fprintf(out, "monkit-relay: demo: %v\n", err)
		return o, err
	}
	return o, nil
}

func (o demoOptions) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q: the demo takes flags only; see monkit-relay demo -h", rest[0])
	case o.lasts < 0:
		return fmt.Errorf("-for %v: write a time such as 6s", o.lasts)
	case o.interval < 100*time.Millisecond:
		return fmt.Errorf("-interval %v: write 100ms or more", o.interval)
	case !(o.rate >= 0 && o.rate <= 1000):
		return fmt.Errorf("-rate %v: write a number from 0 to 1000", o.rate)
	case !isLoopback(hostOf(o.http)):
		return fmt.Errorf("-http %q: the page is for this machine only; write an address such as 127.0.0.1:8080", o.http)
	}
	return nil
}

// runDemo runs until ctx ends or the time is over, and returns the account of
// every line.
func runDemo(ctx context.Context, o demoOptions, out io.Writer) (tally, error) {
	if o.lasts > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.lasts)
		defer cancel()
	}
	l, err := startDemo(o)
	if err != nil {
		return tally{}, err
	}
	fmt.Fprintf(out, "demo: open http://%s/ to see what arrives, or http://%s/service/ for the service's own pages\n", l.address, l.address)
	if o.lasts == 0 {
		fmt.Fprintln(out, "demo: Ctrl-C ends it")
	}
	l.printRates(ctx, out)
	err = l.stop()
	t := l.tally()
	fmt.Fprintln(out, t)
	return t, err
}

// rateInterval is how often the rates are printed.
const rateInterval = 2 * time.Second

// printRates prints a line now and then until ctx ends.
func (l *line) printRates(ctx context.Context, out io.Writer) {
	ticker := time.NewTicker(rateInterval)
	defer ticker.Stop()
	before, at := l.tally(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now, took := l.tally(), time.Since(at).Seconds()
		fmt.Fprintf(out, "demo: %d series, %.0f lines/s received, %.0f lines/s delivered, %d dropped\n",
			l.series(), float64(now.Received-before.Received)/took, float64(now.Delivered-before.Delivered)/took, now.Dropped)
		before, at = now, time.Now()
	}
}

// newServer bounds what a client can hold on to.
func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
}
