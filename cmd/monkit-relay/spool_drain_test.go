package main

import (
	"bytes"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

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
	dir := filepath.Join(t.TempDir(), "s")
	s, err := spool.Open(dir, spool.Options{Identity: "graphite+tcp://" + address, Format: "graphite", Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Append(spool.Meta{Lines: 1, Time: time.Now()}, []byte("a.b 1 1\n"))
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	var stdout bytes.Buffer
	stderr := &signalWriter{at: "draining to "}
	if code := runSpool([]string{"drain", "-timeout", "0", dir}, &stdout, stderr); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if want := "accepted=1 delivered=0 dropped=0 pending=1 unaccounted=0\n"; !strings.HasSuffix(stdout.String(), want) {
		t.Errorf("the ledger is\n%s", stdout.String())
	}
	if want := "1 lines are left on disk: interrupt signal received"; !strings.Contains(stderr.text.String(), want) {
		t.Errorf("stderr is\n%s", stderr.text.String())
	}
}
