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

// A process is one running server.
type process struct {
	name string
	cmd  *exec.Cmd
	log  string        // path of its standard output and error
	done chan struct{} // closed when the process has ended
}

// start starts cmd, returns as soon as ready returns nil, and kills the process
// at the end of the test. The test fails if the process ends before it is ready,
// or is not ready after startLimit.
func start(t testing.TB, cmd *exec.Cmd, ready func() error) {
	t.Helper()
	p := &process{name: filepath.Base(cmd.Path), cmd: cmd, log: filepath.Join(t.TempDir(), "log"), done: make(chan struct{})}
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", p.name, err)
	}
	go func() {
		cmd.Wait() // the error only reports that the process was killed
		close(p.done)
	}()
	t.Cleanup(func() { p.stop(t) })
	p.await(t, ready)
}

func (p *process) await(t testing.TB, ready func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); {
		if err = ready(); err == nil {
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

func (p *process) stop(t testing.TB) {
	p.cmd.Process.Kill() // fails only if the process has ended
	<-p.done
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
