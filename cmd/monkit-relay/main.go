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
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"monkit.example/internal/relay"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "demo" {
		os.Exit(demo(os.Args[2:]))
	}
	os.Exit(run(os.Args[1:]))
}

// run relays until a signal ends it, and returns the exit code.
func run(args []string) int {
	cfg, err := parseFlags(args, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	r, err := relay.New(cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, "monkit-relay:", err)
		return 2
	}
	for i, addr := range r.Addrs() {
		fmt.Printf("listening on %s %s for %s\n", addr.Network(), addr, cfg.Listen[i])
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err = r.Run(ctx)
	r.Ledger().Print(os.Stdout)
	if err != nil {
		return 1 // what broke is in the log
	}
	return 0
}
