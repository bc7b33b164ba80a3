package main

import (
	"fmt"
	"io"

	"monkit.example/internal/printable"
	"monkit.example/internal/spools"
)

const spoolVerifyUsage = `usage: monkit-relay spool verify DIR

Reads all of each spool in DIR and prints what is damaged, with file and offset. The
exit code is 1 if anything is. A relay counts what is lost by the reason corrupt.

`

// spoolVerify is the command verify.
func spoolVerify(args []string, stdout, stderr io.Writer) int {
	places, err := newSpoolFlags("verify").findSpools(args, spoolVerifyUsage, stdout)
	if err != nil {
		return usageCode(spoolPrefix, err, stderr)
	}
	code := exitOK
	for _, p := range places {
		r, err := spools.Verify(p)
		if err != nil {
			printError(stderr, err)
			code = exitFailed
			continue
		}
		printReport(stdout, p, r)
		if len(r.Problems) > 0 {
			code = exitFailed
		}
	}
	return code
}

// printReport prints a line for the spool at p, and one for each problem.
func printReport(out io.Writer, p spools.Place, r spools.Report) {
	problems := "no damage"
	if n := len(r.Problems) + r.More; n == 1 {
		problems = "1 problem"
	} else if n > 0 {
		problems = fmt.Sprintf("%d problems", n)
	}
	fmt.Fprintf(out, "%s: %s: %d records with %d lines wait\n", printable.String(titleOf(p, r.Destination)), problems, r.Waiting.Records, r.Waiting.Lines)
	for _, problem := range r.Problems {
		fmt.Fprintf(out, "  %s\n", printable.String(problem.String()))
	}
	if r.More > 0 {
		fmt.Fprintf(out, "  and %d more\n", r.More)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(out, "  note: %s\n", note)
	}
}
