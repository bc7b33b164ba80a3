package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/printable"
	"monkit.example/internal/spools"
)

const spoolLsUsage = `usage: monkit-relay spool ls [-json] DIR

Prints a line for each spool in DIR: the destination that its lines wait for, their
format, the number of records and lines and their bytes, the size of its files, the
age of the oldest line, damaged bytes, records that are missing, and whether a
process has it open. It reads all that waits.

`

// spoolLs is the command ls.
func spoolLs(args []string, stdout, stderr io.Writer) int {
	f := newSpoolFlags("ls")
	asJSON := f.Bool("json", false, "print an array of JSON objects, with exact numbers")
	places, err := f.findSpools(args, spoolLsUsage, stdout)
	if err != nil {
		return usageCode(spoolPrefix, err, stderr)
	}
	code, all := exitOK, make([]spools.Summary, 0, len(places))
	for _, p := range places {
		s := spools.Summarize(p, time.Now())
		s.Destination = endpoint.Redact(s.Destination)
		if s.Error != "" {
			code = exitFailed
		}
		all = append(all, s)
	}
	if *asJSON {
		e := json.NewEncoder(stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		err = e.Encode(all)
	} else {
		err = printSummaries(stdout, stderr, all)
	}
	if err != nil {
		printError(stderr, err)
		return exitFailed
	}
	return code
}

// printSummaries prints a table of all to out, and their errors to errOut.
func printSummaries(out, errOut io.Writer, all []spools.Summary) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DESTINATION\tFORMAT\tRECORDS\tLINES\tBYTES\tDISK\tOLDEST\tDAMAGED\tMISSING\tOPEN\tDIR")
	for _, s := range all {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%s\t%d\t%d\t%s\t%s\n", orDash(s.Destination), orDash(s.Format), s.Records, s.Lines, s.Bytes,
			s.DiskBytes, ageOf(s), s.DamagedBytes, s.MissingRecords, isOpen(s.Locked), printable.String(endpoint.RedactFolders(s.Dir)))
	}
	err := w.Flush()
	for _, s := range all {
		if s.Error != "" {
			printError(errOut, fmt.Errorf("%s", s.Error))
		}
	}
	return err
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return printable.String(s)
}

func ageOf(s spools.Summary) string {
	if s.Oldest == nil {
		return "-"
	}
	return (time.Duration(s.OldestAgeSeconds) * time.Second).String()
}

// isOpen says whether a process has a spool open.
func isOpen(locked *bool) string {
	switch {
	case locked == nil:
		return "unknown"
	case *locked:
		return "yes"
	}
	return "no"
}
