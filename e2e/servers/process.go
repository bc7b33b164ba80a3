package servers

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// startLimit bounds the start of a server. A loaded machine with two cores takes
// seconds to import the libraries of graphite-web.
const startLimit = time.Minute

// tailBytes is how much of a server's log is shown if the test failed.
const tailBytes = 4 << 10

// A Process is one running server. Its methods are for the goroutine of the test.
type Process struct {
	name  string
	log   string        // path of its standard output and error
	ready func() error  // returns nil once the server can be used
	cmd   *exec.Cmd     // of the present run
	done  chan struct{} // closed when that has ended
}

// start starts cmd, returns as soon as ready returns nil, and kills the process
// at the end of the test. The test fails if the process ends before it is ready,
// or is not ready after startLimit.
func start(t testing.TB, cmd *exec.Cmd, ready func() error) *Process {
	t.Helper()
	p := &Process{name: filepath.Base(cmd.Path), cmd: cmd, log: filepath.Join(t.TempDir(), "log"), ready: ready}
	p.run(t)
	t.Cleanup(func() { p.stop(t) })
	p.await(t)
	return p
}

// Kill ends the server as a crash does, and waits until it is gone.
func (p *Process) Kill() {
	p.cmd.Process.Kill() // fails only if the process has ended
	<-p.done
}

// Restart starts a server that was killed again, with the same addresses and
// files, and returns when it is ready.
func (p *Process) Restart(t testing.TB) {
	t.Helper()
	last := p.cmd
	p.cmd = exec.Command(last.Path)
	p.cmd.Args, p.cmd.Dir, p.cmd.Env = last.Args, last.Dir, last.Env
	p.run(t)
	p.await(t)
}

// run starts cmd.
func (p *Process) run(t testing.TB) {
	t.Helper()
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd, done := p.cmd, make(chan struct{})
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", p.name, err)
	}
	p.done = done
	go func() {
		cmd.Wait() // the error only reports that the process was killed
		close(done)
	}()
}

func (p *Process) await(t testing.TB) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); {
		if err = p.ready(); err == nil {
			return
		}
		select {
		case <-p.done:
			t.Fatalf("%s ended before it was ready: %v", p.name, p.cmd.ProcessState)
		case <-time.After(pollInterval):
		}
	}
	t.Fatalf("%s is not ready after %v: %v", p.name, startLimit, err)
}

func (p *Process) stop(t testing.TB) {
	p.Kill()
	if t.Failed() {
		t.Logf("the log of %s ends with:\n%s", p.name, tail(p.log))
	}
}

func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if _, err := f.Seek(-tailBytes, io.SeekEnd); err != nil && !errors.Is(err, os.ErrInvalid) {
		f.Seek(0, io.SeekStart) // the log is shorter than that
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
