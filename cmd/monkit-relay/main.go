// Command monkit-relay receives Graphite, Influx and StatsD lines and forwards
// them, accounting for each. Run it with -h for its flags, or see it at work:
//
//	go run ./cmd/monkit-relay demo
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"monkit.example/environment"
	"monkit.example/internal/relay"
	"monkit.example/monkit"
)

// The exit codes: all went well, not all did, the command line is wrong.
const (
	exitGood = iota
	exitBad
	exitUsage
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "demo" {
		os.Exit(demo(os.Args[2:], os.Stdout, os.Stderr))
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run relays until a signal ends it, and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	cfg, err := parseFlags(args, stdout)
	if err != nil {
		return usageCode("monkit-relay: ", err, stderr)
	}
	cfg.Logger = slog.New(slog.NewTextHandler(stderr, nil))
	cfg.Registry = monkit.Default
	environment.Register(cfg.Registry)
	ctx, stop := untilSignal(func() {
		cfg.Logger.Info("draining; another signal ends at once", "atMost", cfg.Drain)
	})
	defer stop()
	r, err := relay.New(cfg)
	if err != nil {
		return usageCode("monkit-relay: ", err, stderr)
	}
	announce(stdout, r, cfg)
	err = r.Run(ctx)
	r.Ledger().Print(stdout)
	if err != nil {
		return exitBad // what broke is in the log
	}
	return exitGood
}

// announce tells what was bound.
func announce(out io.Writer, r *relay.Relay, cfg relay.Config) {
	for i, addr := range r.Addrs() {
		fmt.Fprintf(out, "listening on %s %s for %s\n", addr.Network(), addr, cfg.Listen[i])
	}
	if url := r.AdminURL(); url != "" {
		fmt.Fprintf(out, "admin pages at %s\n", url)
	}
}

// usageCode is the exit code of a command that did not start because of err,
// which it tells out unless help was asked for.
func usageCode(prefix string, err error, out io.Writer) int {
	if errors.Is(err, flag.ErrHelp) {
		return exitGood
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(out, prefix+line)
	}
	return exitUsage
}

// untilSignal returns a context that ends when the process shall, and tells
// that it does. A second signal ends the process at once.
func untilSignal(tell func()) (context.Context, func()) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	untold := context.AfterFunc(ctx, func() {
		stop()
		tell()
	})
	return ctx, func() {
		untold()
		stop()
	}
}
