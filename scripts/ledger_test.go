package scripts

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// numbers has the numbers of a printed ledger by name, such as in.received and
// to.dropped.
type numbers map[string]int64

var field = regexp.MustCompile(`\b([a-z_]+)=(\d+)`)

// inParentheses matches the reasons behind a number.
var inParentheses = regexp.MustCompile(`\(.*?\)`)

// rowKind returns "all" for the sum of the listeners, "in" for a listener and
// "to" for a destination.
func rowKind(line string) string {
	for prefix, kind := range map[string]string{"ledger: ": "all", "  from ": "in", "  to ": "to"} {
		if strings.HasPrefix(line, prefix) {
			return kind
		}
	}
	return ""
}

// readRow reads the numbers behind the name, which may contain a = itself.
func readRow(line string) numbers {
	_, rest, _ := strings.Cut(line, ": ")
	row := make(numbers)
	for _, m := range field.FindAllStringSubmatch(inParentheses.ReplaceAllString(rest, ""), -1) {
		row[m[1]], _ = strconv.ParseInt(m[2], 10, 64) // digits
	}
	return row
}

func (n numbers) balance(kind string) bool {
	if kind == "to" {
		return n["accepted"] == n["delivered"]+n["dropped"]+n["pending"] && n["unaccounted"] == 0
	}
	return n["received"] == n["accepted"]+n["rejected"]
}

// readLedger returns the sums of the listeners and of the destinations. It
// returns an error if a row does not balance, or if the first line is not the sum
// of the listeners.
func readLedger(text string) (numbers, error) {
	sum := make(numbers)
	for line := range strings.Lines(text) {
		kind := rowKind(line)
		if kind == "" {
			continue
		}
		row := readRow(line)
		if !row.balance(kind) {
			return nil, fmt.Errorf("%q does not balance", line)
		}
		for name, n := range row {
			sum[kind+"."+name] += n
		}
	}
	for _, name := range []string{"received", "accepted", "rejected"} {
		if all, ok := sum["all."+name]; !ok || all != sum["in."+name] {
			return nil, fmt.Errorf("%s is %d at the top of the ledger and %d in its rows", name, all, sum["in."+name])
		}
	}
	return sum, nil
}

func TestReadLedgerFindsLinesThatAreUnaccountedFor(t *testing.T) {
	const (
		all = "ledger: received=2 accepted=1 rejected=1(malformed=1)\n"
		in  = "  from udp://:1?x=7: received=2 accepted=1 rejected=1(malformed=1) kernel_dropped_datagrams=0\n"
		to  = "  to tcp://h:1: accepted=1 delivered=0 dropped=1(expired=1) pending=0 unaccounted=0\n"
	)
	for _, tt := range []struct {
		name, text string
		good       bool
	}{
		{"good", all + in + to, true},
		{"nothing", "", false},
		{"no rows", all, false},
		{"a listener is left out of the sum", all + in + in, false},
		{"a listener does not balance", all + strings.Replace(in, "received=2", "received=3", 1), false},
		{"a destination does not balance", all + in + strings.Replace(to, "pending=0", "pending=1", 1), false},
		{"a destination reports unaccounted lines", all + in + strings.Replace(to, "unaccounted=0", "unaccounted=1", 1), false},
	} {
		if got, err := readLedger(tt.text); (err == nil) != tt.good || tt.good && (got["in.received"] != 2 || got["to.dropped"] != 1) {
			t.Errorf("%s: %v, %v", tt.name, got, err)
		}
	}
}

func (e *scriptEnv) ledger(_ *testscript.TestScript, args []string) error {
	sum, err := readLedger(e.out)
	if err != nil {
		return fmt.Errorf("%w in:\n%s", err, e.out)
	}
	for _, arg := range args {
		name, want, _ := strings.Cut(arg, "=")
		if got, ok := sum[name]; !ok || fmt.Sprint(got) != want {
			return fmt.Errorf("%s is %d, want %s, in:\n%s", name, got, want, e.out)
		}
	}
	return nil
}
