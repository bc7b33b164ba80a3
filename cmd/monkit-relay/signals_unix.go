//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// ignored are the signals that do not end a relay. A terminal that is closed sends
// SIGHUP; scripts that rotate logs send it or one of the others.
var ignored = []os.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2}

// hangups are the signals of a terminal that is closed.
var hangups = []os.Signal{syscall.SIGHUP}

// ignorePipes keeps the process from ending when it writes to stdout or stderr
// and what reads them has ended. The write fails instead.
func ignorePipes() { signal.Ignore(syscall.SIGPIPE) }
