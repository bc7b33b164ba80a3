package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// maxSpoolRatio is what a spool may cost while the destination is healthy, as a
// ratio of the processor times per line.
const maxSpoolRatio = 1.15

// compareSpool compares p with a spool to p without one at a rate, and prints the
// results. It returns an error if a line costs too much more, or if lines were
// written to disk in most trials: in one of them, a busy moment of the machine can
// keep the sink from reading.
func compareSpool(p peer, dir string, rate int, length time.Duration, rounds int) error {
	dir, err := os.MkdirTemp(dir, "spools")
	if err != nil {
		return err
	}
	results, err := compare([]peer{p, p.withSpool(dir)}, modes[0], rate, length, rounds)
	if err != nil {
		return err
	}
	printTable(rate, results)
	written, trials, err := trialsThatWrote(dir)
	if err != nil {
		return err
	}
	ratio := median(results[1], result.nsPerLine) / median(results[0], result.nsPerLine)
	fmt.Printf("a line costs %.3f of one without a spool; lines were written to disk in %d of %d trials\n", ratio, written, trials)
	return checkSpool(rate, ratio, written, trials)
}

func checkSpool(rate int, ratio float64, written, trials int) error {
	var errs []error
	if !(ratio <= maxSpoolRatio) {
		errs = append(errs, fmt.Errorf("%d lines/s: a line costs %.3f of one without a spool, want at most %.2f", rate, ratio, maxSpoolRatio))
	}
	if 2*written >= trials {
		errs = append(errs, fmt.Errorf("%d lines/s: lines were written to disk in %d of %d trials although the destination was healthy", rate, written, trials))
	}
	return errors.Join(errs...)
}

// withSpool returns p with a spool, for which each of its processes gets a new
// folder in dir.
func (p peer) withSpool(dir string) peer {
	command := p.command
	p.name = "with a spool"
	p.command = func(listen int, format, forward string) (*exec.Cmd, error) {
		cmd, err := command(listen, format, forward)
		if err != nil {
			return nil, err
		}
		spool, err := os.MkdirTemp(dir, "")
		if err != nil {
			return nil, err
		}
		cmd.Args = append(cmd.Args, "-spool", spool)
		return cmd, nil
	}
	return p
}

// trialsThatWrote returns how many of the trials with a folder in dir wrote lines
// to disk. A relay that was killed leaves a segment if it has ever written one.
func trialsThatWrote(dir string) (written, trials int, err error) {
	folders, err := os.ReadDir(dir)
	if err != nil {
		return 0, 0, err
	}
	for _, f := range folders {
		segments, err := filepath.Glob(filepath.Join(dir, f.Name(), "*", "spool", "*.seg"))
		if err != nil {
			return 0, 0, err
		}
		if len(segments) > 0 {
			written++
		}
	}
	return written, len(folders), nil
}
