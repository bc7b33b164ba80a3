package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"monkit.example/internal/web"
)

// demoWindow is the time that the demo's page can show.
const demoWindow = 5 * time.Minute

// demoOptions are the flags of the demo.
type demoOptions struct {
	duration time.Duration // zero means until an interrupt
	http     string
	interval time.Duration
	rate     float64
}

const demoUsage = `usage: monkit-relay demo [flags]

Runs a small instrumented service under load, pushes its metrics over UDP to a
relay in the same process, and serves a page that shows the series which arrive.
At the end it prints the ledger of every line. The exit code is 0 if all lines
arrived.

`

// demo runs the demo and returns the exit code.
func demo(args []string, stdout, stderr io.Writer) int {
	const prefix = "monkit-relay: demo: "
	o, err := parseDemo(args, stdout)
	if err != nil {
		return usageCode(prefix, err, stderr)
	}
	ctx, release := untilSignal(func() {}, hangups...)
	defer release()
	p, err := startDemo(o)
	if err != nil {
		return usageCode(prefix, err, stderr)
	}
	t, err := p.run(ctx, o.duration, stdout)
	if err != nil {
		fmt.Fprintln(stderr, prefix+err.Error())
		return exitFailed
	}
	return t.exitCode()
}

// parseDemo parses the flags of the demo. If help is requested, it writes help
// to out.
func parseDemo(args []string, out io.Writer) (demoOptions, error) {
	o := demoOptions{http: "127.0.0.1:0", interval: time.Second, rate: 100}
	f := newFlagSet("monkit-relay demo", "the demo takes flags only")
	addFlag(f, &o.duration, "for", "end after this `time`; 0 means at an interrupt", atLeast(0, "6s"))
	addFlag(f, &o.http, "http", "local `address` of the page; port 0 means any free port", localAddress)
	addFlag(f, &o.interval, "interval", "`time` between pushes, at least 100ms; the page shows one value a second", atLeast(100*time.Millisecond, "1s"))
	addFlag(f, &o.rate, "rate", "`requests` a second to the service, at most 1000", numberIn(0.0, 1000, "100"))
	return o, f.read(args, demoUsage, out)
}

// localAddress parses the address of the demo's page, which must be local.
func localAddress(s string) (string, error) {
	if address, err := web.Address(s); err == nil && web.IsLocal(address) {
		return address, nil
	}
	return "", errors.New("the page is for local users only; write an address such as 127.0.0.1:8080")
}

// run prints rates until ctx ends, or for the duration if that is not zero. Then
// it stops p, and prints and returns its tally.
func (p *pipeline) run(ctx context.Context, duration time.Duration, out io.Writer) (tally, error) {
	if duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, duration)
		defer cancel()
	}
	fmt.Fprintf(out, "demo: open http://%s/ to see the series that arrive, or http://%s/service/ for the debug pages of the service\n", p.address, p.address)
	if duration == 0 {
		fmt.Fprintln(out, "demo: Ctrl-C ends the demo")
	}
	printRates(ctx, out, p.tally, p.series)
	err := p.stop()
	t := p.tally()
	fmt.Fprintln(out, t)
	return t, err
}

// rateInterval is the time between two lines of rates.
const rateInterval = 2 * time.Second

// printRates prints a line of rates every rateInterval until ctx ends.
func printRates(ctx context.Context, out io.Writer, tally func() tally, series func() int) {
	ticker := time.NewTicker(rateInterval)
	defer ticker.Stop()
	before, at := tally(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now, took := tally(), time.Since(at).Seconds()
		fmt.Fprintf(out, "demo: %d series, %.0f lines/s received, %.0f lines/s delivered, %d dropped\n",
			series(), float64(now.Received-before.Received)/took, float64(now.Delivered-before.Delivered)/took, now.Dropped.Sum())
		before, at = now, time.Now()
	}
}
