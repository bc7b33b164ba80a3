package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
	"monkit.example/internal/spools"
)

// TestReadmeSpool runs the commands of README.md on the directory of a relay, of
// which the destination works again.
func TestReadmeSpool(t *testing.T) {
	const dir = "/var/spool/monkit-relay"
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	sink, root := faultsink.NewTCP(t), t.TempDir()
	destination := "graphite+tcp://" + sink.Addr()
	if err := os.Rename(spoolWith(t, destination, "a.b 1 1\nc.d 2 1\n"), filepath.Join(root, "spool")); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"ls":     "\n" + destination + "  graphite  1 ",
		"verify": destination + ": no damage: 1 records with 2 lines wait\n",
		"drain":  "  to " + destination + ": accepted=2 delivered=2 dropped=0 pending=0 unaccounted=0\n",
	}
	for line := range strings.Lines(string(text)) {
		args, ok := strings.CutPrefix(strings.TrimSpace(line), "./monkit-relay spool ")
		if !ok {
			continue
		}
		if !strings.HasSuffix(args, " "+dir) {
			t.Errorf("%q is for another directory than %s", args, dir)
		}
		command, _, _ := strings.Cut(args, " ")
		var stdout, stderr bytes.Buffer
		if code := runSpool(strings.Fields(strings.ReplaceAll(args, dir, root)), &stdout, &stderr); code != exitOK || !strings.Contains(stdout.String(), want[command]) || want[command] == "" {
			t.Errorf("%s: exit code %d, want %q in\n%s%s", args, code, want[command], stdout.String(), stderr.String())
		}
		delete(want, command)
	}
	if len(want) > 0 {
		t.Errorf("README.md lacks the commands of %v", want)
	}
	if got := strings.Join(sink.WaitLines(2), "|"); got != "a.b 1 1|c.d 2 1" {
		t.Errorf("arrived %q", got)
	}
}

func TestSpoolTimes(t *testing.T) {
	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	for _, tt := range []struct {
		text string
		want time.Time
		ok   bool
	}{
		{"2024-05-06T07:08:09Z", now, true},
		{"2024-05-06T09:08:09.5+02:00", now.Add(500 * time.Millisecond), true},
		{"90s", now.Add(-90 * time.Second), true},
		{"0", now, true},
		{"-1s", time.Time{}, false},
		{"2024-05-06", time.Time{}, false},
		{"", time.Time{}, false},
	} {
		if got, err := parseTime(tt.text, now); !got.Equal(tt.want) || (err == nil) != tt.ok {
			t.Errorf("%q: %v, %v", tt.text, got, err)
		}
	}
}

func TestTerminalGetsPrintableLines(t *testing.T) {
	var out strings.Builder
	w := &printableWriter{w: &out}
	for _, part := range []string{"a\x1b[2Jb\nc", "\xff\nü ", "1\n", "\n", "rest"} {
		if n, err := io.WriteString(w, part); n != len(part) || err != nil {
			t.Errorf("%q: %d, %v", part, n, err)
		}
	}
	if got, want := out.String(), "a\\x1b[2Jb\nc\\xff\nü 1\n\n"; got != want {
		t.Errorf("written %q, want %q", got, want)
	}
	if w := forTerminal(&out); w != io.Writer(&out) {
		t.Errorf("%T is no terminal", w)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if w := forTerminal(file); w != io.Writer(file) {
		t.Errorf("a file is taken for a terminal")
	}
}

func TestEndOfOutput(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want int
	}{
		{fmt.Errorf("write: %w", syscall.EPIPE), exitOK},
		{io.ErrClosedPipe, exitOK},
		{syscall.ENOSPC, exitFailed},
	} {
		var errOut strings.Builder
		if got := endOfOutput(tt.err, &errOut); got != tt.want || (errOut.Len() > 0) != (tt.want == exitFailed) {
			t.Errorf("%v: exit code %d, %q", tt.err, got, errOut.String())
		}
	}
}

func TestReportOfManyProblems(t *testing.T) {
	var out strings.Builder
	printReport(&out, spools.Place{Dir: "d"}, spools.Report{
		Problems: []spools.Problem{{File: "f\x1b", Offset: 5, Text: "3 bytes are damaged"}, {File: "g", Offset: -1, Text: "gone"}}, More: 7, Notes: []string{"n"},
	})
	const want = "d: 9 problems: 0 records with 0 lines wait\n  f\\x1b: offset 5: 3 bytes are damaged\n  g: gone\n  and 7 more\n  note: n\n"
	if out.String() != want {
		t.Errorf("printed\n%s", out.String())
	}
}

// The folders of versions that masked fewer credentials have these in their names.
func TestFoldersOfSpoolsShowNoCredentials(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "h_pass_geheim-0a1b2c3d")
	if err := os.Mkdir(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(parent, "spool")
	if err := os.Rename(spoolWith(t, "graphite+tcp://h:1", "a.b 1 1\n"), dir); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"ls", dir}, {"cat", dir}, {"verify", dir}} {
		var stdout, stderr bytes.Buffer
		runSpool(args, &stdout, &stderr)
		if shown := stdout.String() + stderr.String(); shown == "" || strings.Contains(shown, "geheim") || args[0] == "ls" && !strings.Contains(shown, "h_pass_xxxxx-0a1b2c3d") {
			t.Errorf("%v shows %s", args, shown)
		}
	}
}
