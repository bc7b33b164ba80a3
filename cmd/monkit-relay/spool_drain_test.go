package main

import (
	"bytes"
	"errors"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
	"monkit.example/internal/spool"
)

// signalWriter sends an interrupt to this process at the first text that contains
// at.
type signalWriter struct {
	at string

	mu   sync.Mutex
	text bytes.Buffer // guarded by mu, as all below
	sent bool
}

// Write implements io.Writer.
func (w *signalWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	if w.sent || !strings.Contains(w.text.String(), w.at) {
		return len(p), nil
	}
	w.sent = true
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return 0, err
	}
	return len(p), self.Signal(os.Interrupt)
}

// spoolWith returns the directory of a spool with the lines of one record.
func spoolWith(t *testing.T, destination, lines string) string {
	t.Helper()
	format, _, _ := strings.Cut(destination, "+")
	dir := t.TempDir()
	s, err := spool.Open(dir, spool.Options{Identity: destination, Format: format, Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Append(spool.Meta{Lines: strings.Count(lines, "\n"), Time: time.Now()}, []byte(lines))
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestDrainPrintsWhatIsRejected has an InfluxDB that does not take one of the
// lines.
func TestDrainPrintsWhatIsRejected(t *testing.T) {
	sink := faultsink.NewHTTP(t, faultsink.Influx1("bad"))
	destination := "influx+http://" + sink.Addr() + "/write?db=x&precision=ns"
	dir := spoolWith(t, destination, "a v=1\nbad v=2\nc v=3\n")
	var stdout, stderr bytes.Buffer
	if code := runSpool([]string{"drain", dir}, &stdout, &stderr); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if want := "  to " + destination + ": accepted=3 delivered=2 dropped=1(rejected=1) pending=0 unaccounted=0\n"; !strings.HasSuffix(stdout.String(), want) {
		t.Errorf("the ledger is\n%s", stdout.String())
	}
	for _, want := range []string{`the last line that was rejected: "bad v=2" (`, "1 lines were dropped: rejected=1\n"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%q is not in\n%s", want, stderr.String())
		}
	}
	if got := strings.Join(sink.WaitLines(2), "|"); got != "a v=1|c v=3" {
		t.Errorf("arrived %q", got)
	}
}

// TestInterruptEndsADrain has a destination that is dead.
func TestInterruptEndsADrain(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals between processes")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close() // refuses connections from now on
	dir := spoolWith(t, "graphite+tcp://"+address, "a.b 1 1\n")
	var stdout bytes.Buffer
	stderr := &signalWriter{at: "draining to "}
	if code := runSpool([]string{"drain", "-timeout", "0", dir}, &stdout, stderr); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if want := "accepted=1 delivered=0 dropped=0 pending=1 unaccounted=0\n"; !strings.HasSuffix(stdout.String(), want) {
		t.Errorf("the ledger is\n%s", stdout.String())
	}
	const left = "1 lines are left on disk: "
	signalled := left + "interrupt signal received"
	before126 := left + "context canceled" // what signal.NotifyContext says before Go 1.26
	if got := stderr.text.String(); !strings.Contains(got, signalled) && !strings.Contains(got, before126) {
		t.Errorf("stderr is\n%s", stderr.text.String())
	}
}
