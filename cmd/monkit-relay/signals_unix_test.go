//go:build unix

package main

import (
	"log/slog"
	"strings"
	"syscall"
	"testing"

	"monkit.example/internal/safelog"
)

// The default effect of each would end the test. One record a minute is logged.
func TestSignalsThatMeanNothingAreIgnoredAndLogged(t *testing.T) {
	lines := make(lineWriter, 10)
	w := safelog.NewWriter(lines, nil)
	release := ignoreSignals(slog.New(slog.NewTextHandler(w, nil)))
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if line := <-lines; !strings.Contains(line, "is ignored") || !strings.Contains(line, "signal=\"user defined signal 1\"") {
		t.Errorf("logged %s", line)
	}
	for _, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR2} {
		if err := syscall.Kill(syscall.Getpid(), s); err != nil {
			t.Error(err)
		}
	}
	release()
	w.Close(flushTime)
	if len(lines) > 0 {
		t.Errorf("logged more than once: %s", <-lines)
	}
}

// lineWriter passes on what is written.
type lineWriter chan string

func (l lineWriter) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}
