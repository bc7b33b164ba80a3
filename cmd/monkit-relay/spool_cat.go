package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/printable"
	"monkit.example/internal/spools"
)

const spoolCatUsage = `usage: monkit-relay spool cat [-n LINES] [-from TIME] [-to TIME] DIR

Prints the lines that wait, oldest first, as they would be sent. If DIR has several
spools, a title on stderr separates them. What is damaged is left out, and the exit
code is 1 then. On a terminal, characters that do not print are written as escapes.

A TIME is like 2006-01-02T15:04:05Z or 1700000000, or an age like 10m. It selects whole records by
the time at which their first line was accepted.

`

// spoolCat is the command cat.
func spoolCat(args []string, stdout, stderr io.Writer) int {
	var l spools.Limits
	f := newSpoolFlags("cat")
	addFlag(f, &l.Lines, "n", "print at most so many `lines` of each spool", positive)
	f.Var(&timeFlag{f: f, name: "from", p: &l.From}, "from", "print what was accepted at this `time` or later")
	f.Var(&timeFlag{f: f, name: "to", p: &l.To}, "to", "print what was accepted before this `time`")
	places, err := f.findSpools(args, spoolCatUsage, stdout)
	if err != nil {
		return usageCode(spoolPrefix, err, stderr)
	}
	code := exitOK
	out := bufio.NewWriterSize(forTerminal(stdout), 64<<10)
	for _, p := range places {
		if len(places) > 1 {
			out.Flush()
			fmt.Fprintf(stderr, "==> %s <==\n", printable.String(endpoint.RedactFolders(p.Dir)))
		}
		_, err := spools.Copy(out, p, l)
		if flushErr := out.Flush(); flushErr != nil {
			return endOfOutput(flushErr, stderr)
		}
		if err != nil {
			printError(stderr, err)
			code = exitFailed
		}
	}
	return code
}

// endOfOutput returns the exit code after stdout failed. A reader that has seen
// enough is no failure.
func endOfOutput(err error, stderr io.Writer) int {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return exitOK
	}
	printError(stderr, err)
	return exitFailed
}

func positive(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, errNumber
	}
	return n, nil
}

// timeFlag is a time or an age.
type timeFlag struct {
	f    *flagSet
	name string
	p    *time.Time
}

// String returns the default, of which there is none.
func (t *timeFlag) String() string { return "" }

// Set implements flag.Value. It leaves its error to flagSet.
func (t *timeFlag) Set(s string) error {
	v := value[time.Time]{f: t.f, name: t.name, p: t.p, parse: func(s string) (time.Time, error) { return parseTime(s, time.Now()) }}
	return v.Set(s)
}

// minUnix is the least number without a unit that is a Unix time. As an age it
// would be more than thirty years.
const minUnix = 1_000_000_000

// parseTime parses a time, which may be in Unix seconds, or an age at the time now.
func parseTime(s string, now time.Time) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return at, nil
	}
	if seconds, err := strconv.ParseInt(s, 10, 64); err == nil && seconds >= minUnix {
		return time.Unix(seconds, 0), nil
	}
	if age, err := endpoint.ParseDuration(s); err == nil {
		return now.Add(-age), nil
	}
	return time.Time{}, errors.New("write a time such as 2006-01-02T15:04:05Z, or an age such as 10m")
}

// forTerminal returns w, or if w is a terminal, a writer to it that escapes what
// does not print: lines that were received could change the terminal's state.
func forTerminal(w io.Writer) io.Writer {
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &printableWriter{w: w}
		}
	}
	return w
}

// printableWriter writes whole lines with printable.String.
type printableWriter struct {
	w    io.Writer
	rest []byte // of a line that has no end yet
}

// Write implements io.Writer.
func (p *printableWriter) Write(text []byte) (int, error) {
	n := len(text)
	text = append(p.rest, text...)
	var out []byte
	for {
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			break
		}
		out = append(append(out, printable.String(string(text[:i]))...), '\n')
		text = text[i+1:]
	}
	p.rest = bytes.Clone(text)
	if _, err := p.w.Write(out); err != nil {
		return 0, err
	}
	return n, nil
}
