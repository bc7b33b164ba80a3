package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/printable"
	"monkit.example/internal/spools"
)

const spoolUsage = `usage: monkit-relay spool ls [-json] DIR
       monkit-relay spool cat [-n LINES] [-from TIME] [-to TIME] DIR
       monkit-relay spool verify DIR
       monkit-relay spool drain [-to ADDRESS] [-timeout TIME] DIR

Shows, checks and empties what waits on disk. DIR is that of the relay's -spool, the
folder of one destination below it, or a spool itself. Each command has a flag -h.

  ls       prints a line for each destination: what waits, its age, its damage
  cat      prints the lines that wait, oldest first
  verify   reads everything and prints what is damaged, with file and offset
  drain    sends what waits, without a relay

ls, cat and verify change nothing and work while a relay runs. drain does not: the
relay sends what waits itself.

The exit code is 0 on success. It is 1 if verify finds damage, if drain does not deliver
all lines, or if a spool cannot be read. It is 2 if the command line is wrong, or DIR
has no spool.
`

// spoolCommands are the commands of monkit-relay spool.
var spoolCommands = []command{
	{"ls", spoolLs},
	{"cat", spoolCat},
	{"verify", spoolVerify},
	{"drain", spoolDrain},
}

// spoolPrefix begins the errors of monkit-relay spool.
const spoolPrefix = "monkit-relay: spool: "

// runSpool runs a command of monkit-relay spool.
func runSpool(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, spoolUsage)
		return exitUsage
	}
	if slices.Contains([]string{"-h", "-help", "--help", "help"}, args[0]) {
		fmt.Fprint(stdout, spoolUsage)
		return exitOK
	}
	if c, ok := find(spoolCommands, args[0]); ok {
		return c.run(args[1:], stdout, stderr)
	}
	return usageCode(spoolPrefix, unknownCommand("monkit-relay spool", args[0], spoolCommands), stderr)
}

// newSpoolFlags returns the flags of a command, without any.
func newSpoolFlags(command string) *flagSet {
	return newFlagSet("monkit-relay spool "+command, "")
}

// findSpools parses args, which are flags and a directory, and returns the spools
// in it.
func (f *flagSet) findSpools(args []string, usage string, out io.Writer) ([]spools.Place, error) {
	dir, err := f.readWithArg(args, "DIR", usage, out)
	if err != nil {
		return nil, err
	}
	return spools.Find(dir)
}

// printError prints each line of err, which may quote what is on disk.
func printError(out io.Writer, err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(out, spoolPrefix+printable.String(endpoint.RedactFolders(line)))
	}
}

// titleOf returns what to call a spool, of which the destination may be unknown, or
// be that of a version which masked fewer credentials.
func titleOf(p spools.Place, destination string) string {
	if destination == "" {
		return endpoint.RedactFolders(p.Dir)
	}
	return endpoint.Redact(destination)
}

var errNumber = errors.New("write a whole number of at least 1, such as 100")
