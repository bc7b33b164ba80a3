// Command monkit-relay receives Graphite, Influx and StatsD lines, forwards
// them, and accounts for every line. The flag -h lists its flags. The demo shows
// it at work:
//
//	go run ./cmd/monkit-relay demo
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"monkit.example/environment"
	"monkit.example/internal/loglimit"
	"monkit.example/internal/relay"
	"monkit.example/monkit"
)

// The exit codes.
const (
	exitOK     = iota
	exitFailed // a listener failed, a line did not arrive, or a spool is damaged
	exitUsage  // the command line is wrong, or an address cannot be bound
)

func main() { os.Exit(runCommand(os.Args[1:], os.Stdout, os.Stderr)) }

// run relays until a signal arrives, and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	cfg, err := parseFlags(args, stdout)
	if errors.Is(err, errVersion) {
		return printVersion(stdout, stderr)
	}
	if err != nil {
		return usageCode("monkit-relay: ", err, stderr)
	}
	o := newOutput(stdout, stderr)
	defer o.close()
	return relayLines(cfg, o)
}

// relayLines relays until a signal arrives, and returns the exit code.
func relayLines(cfg relay.Config, o *output) int {
	cfg.Logger, cfg.LostLogs = o.log, o.stderr.Lost
	log.SetFlags(0)
	log.SetOutput(loglimit.NewWriter(cfg.Logger, "a library logged")) // net/http does, about HTTP/2 and proxies
	cfg.Registry = monkit.Default
	environment.Register(cfg.Registry)
	defer ignoreSignals(cfg.Logger)()
	ctx, release := untilSignal(func() {
		cfg.Logger.Info("draining; another signal ends at once", "drain", cfg.Drain)
	})
	defer release()
	r, err := relay.New(cfg)
	if err != nil {
		return usageCode("monkit-relay: ", err, o.stderr)
	}
	if slices.ContainsFunc(cfg.Forward, relay.ShowsCredentials) {
		cfg.Logger.Warn(credentialAdvice)
	}
	debug.SetMemoryLimit(r.MemoryLimit()) // the garbage collector works more before it is exceeded
	printAddresses(o.stdout, r)
	r.PrintForwards(o.stdout)
	r.PrintBounds(o.stdout)
	var checking sync.WaitGroup
	checking.Go(func() { r.CheckForwards(ctx) })
	defer checking.Wait()
	return runAndPrint(ctx, r, o)
}

// credentialAdvice is what is logged or printed once if the command line has a
// credential.
const credentialAdvice = "a credential is on the command line, where every user of this machine can read it; write it to a file, and token=@FILE or username=NAME&password=@FILE to the address"

// runAndPrint runs r until ctx ends, prints its ledger, and returns the exit
// code, which does not depend on whether stdout and stderr could be written.
func runAndPrint(ctx context.Context, r *relay.Relay, o *output) int {
	err := r.Run(ctx)
	var text strings.Builder
	r.Ledger().Print(&text)
	o.finish(text.String())
	if err != nil {
		return exitFailed // Run has logged err
	}
	return exitOK
}

// printAddresses prints the addresses that were bound.
func printAddresses(out io.Writer, r *relay.Relay) {
	names := r.Names()
	for i, addr := range r.Addrs() {
		fmt.Fprintf(out, "listening on %s %s for %s\n", addr.Network(), addr, names[i])
	}
	if url := r.AdminURL(); url != "" {
		open := ""
		if r.AdminIsOpen() {
			open = ", open on all interfaces"
		}
		fmt.Fprintf(out, "admin pages at %s%s\n", url, open)
	}
}

// usageCode returns the exit code of a command that did not start because of
// err. It prints err to out, unless err is that help was requested.
func usageCode(prefix string, err error, out io.Writer) int {
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(out, prefix+line)
	}
	return exitUsage
}
