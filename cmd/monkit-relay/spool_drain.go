package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/relay"
	"monkit.example/internal/spools"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

const spoolDrainUsage = `usage: monkit-relay spool drain [-to ADDRESS] [-timeout TIME] DIR

Sends the lines that wait in DIR to the destinations that they belong to, all at the
same time, and removes from disk what was delivered. At the end it prints the ledger
of these lines; what is pending is still on disk. An interrupt ends it, too. The exit
code is 0 if all lines were delivered.

A spool knows the address of its destination without credentials, and without options
such as ca. Write -to with the whole address if it has any. It may also be another
destination for the same format.

It does not start for a spool that a relay has open. Lines that the destination has
and that were not yet removed from disk, 1 MiB at most, are sent again next time.

`

// progressTime is the time between two lines about progress.
const progressTime = 2 * time.Second

// errTimeout is why a drain ends at -timeout.
var errTimeout = errors.New("-timeout has ended")

// spoolDrain is the command drain.
func spoolDrain(args []string, stdout, stderr io.Writer) int {
	to, timeout := "", 10*time.Minute
	f := newSpoolFlags("drain")
	f.StringVar(&to, "to", "", "send to `ADDRESS` instead, as in -forward")
	addFlag(f, &timeout, "timeout", "end after this `time`; 0 means when everything is sent", atLeast(0, "10m"))
	places, err := f.findSpools(args, spoolDrainUsage, stdout)
	if err == nil && to != "" {
		err = checkForward(to)
	}
	if err != nil {
		return usageCode(spoolPrefix, err, stderr)
	}
	if relay.ShowsCredentials(to) {
		fmt.Fprintln(stderr, spoolPrefix+credentialAdvice)
	}
	ignorePipes()
	ctx, release := untilSignal(func() { fmt.Fprintln(stderr, spoolPrefix+"ending; another signal ends at once") }, hangups...)
	defer release()
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, errTimeout)
		defer cancel()
	}
	drains, failed := openDrains(places, to, stderr)
	results := runDrains(ctx, drains, stderr)
	for _, r := range results {
		failed = printResult(stderr, r) || failed
	}
	if len(results) > 0 || !failed {
		printDrained(stdout, results)
	}
	if failed {
		return exitFailed
	}
	return exitOK
}

// checkForward returns what is wrong with the address of -to.
func checkForward(addr string) error {
	p, err := relay.OpenForward(addr, "", reporters.SendOptions{})
	if err != nil {
		return fmt.Errorf("-to: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p.Close(ctx) // nothing was sent, so an error loses nothing
	return nil
}

// openDrains opens the spools, and prints the errors of those that cannot be.
func openDrains(places []spools.Place, to string, stderr io.Writer) (all []*spools.Drain, failed bool) {
	for _, p := range places {
		d, err := spools.NewDrain(p, to, openForward)
		switch {
		case errors.Is(err, spools.ErrEmpty):
		case err != nil:
			printError(stderr, err)
			failed = true
		default:
			all = append(all, d)
		}
	}
	return all, failed
}

// openForward is the spools.Opener. What comes from disk does not expire.
func openForward(addr, format string) (spools.Destination, int, error) {
	p, err := relay.OpenForward(addr, format, reporters.SendOptions{MaxAge: 365 * 24 * time.Hour})
	if err != nil {
		return nil, 0, err
	}
	return p, p.MaxDatagram, nil
}

// runDrains empties the spools at the same time, so that a destination that is
// unavailable does not use up the time of the others.
func runDrains(ctx context.Context, all []*spools.Drain, stderr io.Writer) []spools.Result {
	results := make([]spools.Result, len(all))
	var running sync.WaitGroup
	for i, d := range all {
		printProgress(stderr, d)
		running.Go(func() {
			d.Run(ctx)
			results[i] = d.Close(ctx)
		})
	}
	done := make(chan struct{})
	go func() {
		running.Wait()
		close(done)
	}()
	ticker := time.NewTicker(progressTime)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return results
		case <-ticker.C:
		}
		for _, d := range all {
			if _, waiting, _ := d.Progress(); waiting > 0 {
				printProgress(stderr, d)
			}
		}
	}
}

func printProgress(out io.Writer, d *spools.Drain) {
	to, waiting, failure := d.Progress()
	if failure != nil {
		fmt.Fprintf(out, "draining to %s: %d lines wait: %s\n", endpoint.Redact(to), waiting, endpoint.Redact(failure.Error()))
	} else {
		fmt.Fprintf(out, "draining to %s: %d lines wait\n", endpoint.Redact(to), waiting)
	}
}

// printResult prints what r has beside the ledger, and reports whether lines were
// not delivered or something went wrong.
func printResult(out io.Writer, r spools.Result) (failed bool) {
	r.To = endpoint.Redact(r.To)
	for _, note := range r.Notes {
		fmt.Fprintf(out, "%s%s: %s\n", spoolPrefix, r.To, note)
	}
	switch {
	case r.Err != nil && r.Ledger.Pending > 0:
		printError(out, fmt.Errorf("%s: %d lines are left on disk: %w", r.To, r.Ledger.Pending, r.Err))
	case r.Err != nil:
		printError(out, fmt.Errorf("%s: %w", r.To, r.Err))
	}
	if n := r.Ledger.Dropped.Sum(); n > 0 {
		printError(out, fmt.Errorf("%s: %d lines were dropped: %v", r.To, n, r.Ledger.Dropped))
	}
	return r.Err != nil || r.Ledger.Delivered != r.Ledger.Accepted
}

// printDrained prints the ledger of all lines that waited, and of each
// destination, as a relay does for its destinations.
func printDrained(out io.Writer, all []spools.Result) {
	var sum ledger.Ledger
	for _, r := range all {
		sum = sum.Add(r.Ledger)
	}
	fmt.Fprintf(out, "ledger: %v\n", sum)
	for _, r := range all {
		fmt.Fprintf(out, "  to %s: %v unaccounted=%d\n", endpoint.Redact(r.To), r.Ledger, r.Ledger.Unaccounted())
	}
}
