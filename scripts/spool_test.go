package scripts

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"monkit.example/internal/spool"
	"monkit.example/internal/spools"
)

// spoolTime is the time of the first record of a spool. Each other one is a
// minute later.
var spoolTime = time.Date(2024, 5, 6, 7, 0, 0, 0, time.UTC)

// openTestSpool opens the spool in dir for a destination, whose format is the
// first part of its name.
func openTestSpool(ts *testscript.TestScript, dir, destination string) (*spool.Spool, error) {
	format, _, _ := strings.Cut(destination, "+")
	return spool.Open(ts.MkAbs(dir), spool.Options{Identity: destination, Format: format, SegmentBytes: 4096, Reserve: -1})
}

// spool makes a spool with a record of two lines of a file after the other.
func (e *scriptEnv) spool(ts *testscript.TestScript, args []string) error {
	s, err := openTestSpool(ts, args[0], args[1])
	if err != nil {
		return err
	}
	at := spoolTime
	lines := strings.SplitAfter(strings.TrimSuffix(ts.ReadFile(args[2]), "\n")+"\n", "\n")
	for lines = lines[:len(lines)-1]; len(lines) > 0; at = at.Add(time.Minute) {
		n := min(2, len(lines))
		if _, err := s.Append(spool.Meta{Lines: n, Time: at}, []byte(strings.Join(lines[:n], ""))); err != nil {
			return err
		}
		lines = lines[n:]
	}
	return s.Close()
}

// hold opens a spool, as a running relay does, until release or the end of the
// script.
func (e *scriptEnv) hold(ts *testscript.TestScript, args []string) error {
	s, err := spool.Open(ts.MkAbs(args[0]), spool.Options{})
	if err != nil {
		return err
	}
	e.held = s
	ts.Defer(func() { s.Close() })
	return nil
}

func (e *scriptEnv) release(*testscript.TestScript, []string) error {
	if e.held == nil {
		return errors.New("nothing is held")
	}
	return e.held.Close()
}

// damage changes one byte of a file.
func (e *scriptEnv) damage(ts *testscript.TestScript, args []string) error {
	at, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	return changeFile(ts.MkAbs(args[0]), func(b []byte) { b[at] ^= 1 })
}

// newer gives a segment the header of a newer version.
func (e *scriptEnv) newer(ts *testscript.TestScript, args []string) error {
	return changeFile(ts.MkAbs(args[0]), func(b []byte) {
		const header = 512
		b[8] = 99
		sum := crc32.Checksum(b[:header-4], crc32.MakeTable(crc32.Castagnoli))
		for i := range 4 {
			b[header-4+i] = byte(sum >> (8 * i))
		}
	})
}

func changeFile(path string, change func(b []byte)) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	change(b)
	return os.WriteFile(path, b, 0o600)
}

// exits runs monkit-relay, which must exit with the code.
func (e *scriptEnv) exits(ts *testscript.TestScript, args []string) error {
	var stdout, stderr bytes.Buffer
	cmd := relayCommand(ts, args[1:])
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	watch := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
	defer watch.Stop()
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return err
	}
	fmt.Fprint(ts.Stdout(), stdout.String())
	fmt.Fprint(ts.Stderr(), stderr.String())
	if got := cmd.ProcessState.ExitCode(); strconv.Itoa(got) != args[0] {
		return fmt.Errorf("exit code %d, want %s; stdout:\n%s\nstderr:\n%s", got, args[0], stdout.String(), stderr.String())
	}
	return nil
}

// waits waits until so many lines are on disk in a directory.
func (e *scriptEnv) waits(ts *testscript.TestScript, args []string) error {
	return eventually(func() error {
		places, err := spools.Find(ts.MkAbs(args[0]))
		if err != nil {
			return err
		}
		lines := int64(0)
		for _, p := range places {
			lines += spools.Summarize(p, time.Now()).Lines
		}
		if strconv.FormatInt(lines, 10) != args[1] {
			return fmt.Errorf("%d lines are on disk, want %s", lines, args[1])
		}
		return nil
	})
}
