package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"monkit.example/internal/web"
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
func demo(args []string, stdout, stderr io.Writer) int {
	const prefix = "monkit-relay: demo: "
	o, err := parseDemo(args, stdout)
	if err != nil {
		return usageCode(prefix, err, stderr)
	}
	ctx, stop := untilSignal(func() {})
	defer stop()
	l, err := startDemo(o)
	if err != nil {
		return usageCode(prefix, err, stderr)
	}
	t, err := l.run(ctx, o.lasts, stdout)
	if err != nil {
		fmt.Fprintln(stderr, prefix+err.Error())
		return exitBad
	}
	if !t.complete() {
		return exitBad
	}
	return exitGood
}

// parseDemo writes help to out if it is asked for.
func parseDemo(args []string, out io.Writer) (demoOptions, error) {
	o := demoOptions{http: "127.0.0.1:0", interval: time.Second, rate: 100}
	f := newFlagSet("monkit-relay demo", "the demo takes flags only")
	addFlag(f, &o.lasts, "for", "end by itself after this `time`; 0 means at an interrupt", atLeast(0, "6s"))
	addFlag(f, &o.http, "http", "`address` of the page, on this machine; port 0 is any free one", localAddress)
	addFlag(f, &o.interval, "interval", "`time` between pushes, at least 100ms; what is pushed twice within a second is shown once", atLeast(100*time.Millisecond, "1s"))
	addFlag(f, &o.rate, "rate", "requests a second to the service, at most 1000", numberIn(0.0, 1000, "100"))
	return o, f.read(args, demoUsage, out)
}

// localAddress parses where the demo's page shall be.
func localAddress(s string) (string, error) {
	if address, err := web.Address(s); err == nil && web.IsLocal(address) {
		return address, nil
	}
	return "", errors.New("the page is for this machine only; write an address such as 127.0.0.1:8080")
}

// run shows rates until ctx ends or the time is over, unless that is zero, and
// returns the account of every line.
func (l *line) run(ctx context.Context, lasts time.Duration, out io.Writer) (tally, error) {
	if lasts > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lasts)
		defer cancel()
	}
	fmt.Fprintf(out, "demo: open http://%s/ to see what arrives, or http://%s/service/ for the service's own pages\n", l.address, l.address)
	if lasts == 0 {
		fmt.Fprintln(out, "demo: Ctrl-C ends it")
	}
	l.printRates(ctx, out)
	err := l.stop()
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
			l.series(), float64(now.Received-before.Received)/took, float64(now.Delivered-before.Delivered)/took, now.Dropped.Sum())
		before, at = now, time.Now()
	}
}
