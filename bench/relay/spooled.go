package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// maxSpoolRatio is what a spool may cost while the destination is healthy, as a
// ratio of the processor times per line.
const maxSpoolRatio = 1.15

// withSpool returns p with a spool, for which each of its processes gets a new
// folder in dir.
func (p peer) withSpool(dir string) peer {
	command := p.command
	p.name, p.about = "with a spool", "the same with -spool"
	p.command = func(listen int, forward string) (*exec.Cmd, error) {
		cmd, err := command(listen, forward)
		if err != nil {
			return nil, err
		}
		spool, err := os.MkdirTemp(dir, "spool")
		if err != nil {
			return nil, err
		}
		cmd.Args = append(cmd.Args, "-spool", spool)
		return cmd, nil
	}
	return p
}

// checkSpool returns an error if a relay with a spool needs too much more
// processor time than one without, or if lines were written to disk in dir.
func checkSpool(without, with []result, dir string) error {
	ratio := median(with, result.nsPerLine) / median(without, result.nsPerLine)
	fmt.Printf("a line costs %.3f of one without a spool\n", ratio)
	var errs []error
	if !(ratio <= maxSpoolRatio) {
		errs = append(errs, fmt.Errorf("a line costs %.3f of one without a spool, want at most %.2f", ratio, maxSpoolRatio))
	}
	written, err := segments(dir)
	if len(written) > 0 {
		errs = append(errs, fmt.Errorf("lines were written to disk although the destination was healthy: %v", written))
	}
	return errors.Join(append(errs, err)...)
}

// segments returns the files below dir that hold lines. A spool that was not
// closed has one if it has ever held a line.
func segments(dir string) (all []string, err error) {
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".seg") {
			all = append(all, path)
		}
		return err
	})
	return all, err
}
