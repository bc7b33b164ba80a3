package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"time"

	"monkit.example/internal/safelog"
)

// flushTime is how long the end of the process waits for each of stdout and
// stderr. More than a second is a pipe whose reader hangs.
const flushTime = time.Second

// output has stdout and the log of a relay. Neither stops it, whatever reads them.
type output struct {
	stdout, stderr *safelog.Writer
	log            *slog.Logger
}

// newOutput returns the output of a process. It starts goroutines, which close
// joins.
func newOutput(stdout, stderr io.Writer) *output {
	ignorePipes()
	o := &output{stdout: safelog.NewWriter(stdout, nil), stderr: safelog.NewWriter(stderr, noteLost)}
	o.log = slog.New(slog.NewTextHandler(o.stderr, nil))
	return o
}

// noteLost returns the record that says how many before it were lost.
func noteLost(lost int64) []byte {
	var line bytes.Buffer
	r := slog.NewRecord(time.Now(), slog.LevelWarn, "log lines could not be written and are lost", 0)
	r.Add("lines", lost)
	slog.NewTextHandler(&line, nil).Handle(context.Background(), r) // a buffer takes everything
	return line.Bytes()
}

// finish writes the last text to stdout. If stdout did not take it, or something
// before it, finish logs the text, so that a ledger is not lost.
func (o *output) finish(text string) {
	io.WriteString(o.stdout, text)
	o.stdout.Close(flushTime)
	if o.stdout.Lost() == 0 {
		return
	}
	o.log.Warn("stdout cannot be written; what it lacks follows here")
	for line := range strings.Lines(text) {
		o.log.Info(strings.TrimSpace(line))
	}
}

// close writes what is left.
func (o *output) close() {
	o.stdout.Close(flushTime)
	o.stderr.Close(flushTime)
}
